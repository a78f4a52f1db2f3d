/** Ending, freezing and doubling a hub: R-RUN-11, R-RUN-12, R-LISTEN-24, R-WAIT-5, R-STREAM-10, R-RET-8, R-RET-13. */
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { check, figuresLine } from '../harness/checker.ts';
import { eventually } from '../harness/eventually.ts';
import { follow } from '../harness/follow.ts';
import { runLoad } from '../harness/load.ts';
import { isStopped } from '../harness/pidfacts.ts';
import { type HubProcess, launchHub, startHubProcess, startStation } from '../harness/process.ts';
import { random, seedOf } from '../harness/random.ts';
import { call, createChannel, expectCall, joinChannel, memberCall, requestText, type TestChannel } from '../harness/rest.ts';

const listening = async (hub: HubProcess, channel: TestChannel): Promise<number> =>
  (await expectCall(hub.url, { path: channel.path, token: channel.token })).counts.listening;

/** The clause's 5 seconds; in practice it is a fraction of one. */
const endsInTime = async (hub: HubProcess, signal: NodeJS.Signals): Promise<unknown> => {
  let net: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    net = setTimeout(() => resolve('still running after 5 s'), 5_000);
  });
  const ending = await Promise.race([hub.end(signal), late]);
  clearTimeout(net);
  return ending;
};

/** A connection that is kept: what is written, and each answer as it comes. */
const talkTo = (hub: HubProcess) => {
  const socket = connect({ port: hub.port, host: '127.0.0.1', noDelay: true });
  socket.setEncoding('utf8').on('error', () => {});
  return {
    write: (text: string): void => void socket.write(text),
    answer: () => new Promise<string>((resolve) => socket.once('data', (text: string) => resolve(text))),
    closed: new Promise<void>((resolve) => socket.once('close', () => resolve())),
  };
};

describe('R-RUN-11: a hub that is asked to stop', () => {
  test.each<NodeJS.Signals>(['SIGTERM', 'SIGINT', 'SIGHUP'])('%s ends one that has not started yet, by its own doing', async (signal) => {
    // A store that never answers.
    const store = createServer();
    const asked = new Promise((resolve) => store.once('connection', resolve));
    await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
    const hub = launchHub({ args: ['--redis', `redis://127.0.0.1:${(store.address() as AddressInfo).port}`] });
    await asked;
    // What is not caught does not reach the first process of a container.
    expect(await hub.end(signal)).toEqual({ code: 0, signal: null });
    store.close();
  });

  test.each<NodeJS.Signals>(['SIGTERM', 'SIGINT'])('%s answers all who wait, ends streams and exits with 0', async (signal) => {
    const hub = await startHubProcess();
    const channel = await createChannel(hub.url, { retention: 'full' });
    const members = await Promise.all(Array.from({ length: 22 }, (_, i) => joinChannel(hub.url, channel, `agent-${i}`)));
    const [waiter, streamer, ...listeners] = members;
    const parked = listeners.map((member) => call(hub.url, memberCall(member, { path: `listen?timeout=60&since=${member.cursor}` })));
    const waiting = call(hub.url, memberCall(waiter!, { path: 'wait' }));
    const lines = { Accept: 'application/x-ndjson' };
    const stream = follow(hub.url, memberCall(streamer!, { path: 'stream' }));
    const watcher = follow(hub.url, { path: `${channel.path}/stream`, token: channel.token, headers: lines });
    await watcher.says(/"type":"roster"/);
    await eventually('all to be parked', async () => (await listening(hub, channel)) === members.length);

    expect(await endsInTime(hub, signal)).toEqual({ code: 0, signal: null });

    for (const reply of await Promise.all(parked)) {
      expect(reply).toMatchObject({ status: 200, body: { messages: [], gap: null, timed_out: false, ended: 'shutdown' } });
    }
    expect((await waiting).body).toMatchObject({ messages: [], ended: 'shutdown' });
    await Promise.all([stream.closed, watcher.closed]);
    expect(stream.text()).toMatch(/event: end\ndata: \{"code":"shutdown","detail":"[^"]+","hint":"[^"]+"\}\n\n/);
    expect(watcher.text()).toMatch(/\{"type":"end","code":"shutdown","detail":"[^"]+","hint":"[^"]+"\}\n/);
    // Nothing moved, and the sessions live on (R-RET-13).
    const next = await startHubProcess({ directory: hub.directory });
    const again = await joinChannel(next.url, channel, listeners[0]!.callsign);
    expect([again.session, again.cursor]).toEqual([listeners[0]!.session, listeners[0]!.cursor]);
    await next.end('SIGTERM');
  });

  test('tells each connection with its next answer that it is the last, and until then serves it', async () => {
    const hub = await startHubProcess();
    const channel = await createChannel(hub.url);
    const alpha = await joinChannel(hub.url, channel, 'alpha');
    const kept = (request: string) => ({ ...talkTo(hub), request: request.replace('Connection: close\r\n', '') });
    const host = new URL(hub.url).host;
    const [listen, health] = [
      kept(requestText(host, memberCall(alpha, { path: 'listen?timeout=60' }))),
      kept(requestText(host, { path: '/readyz' })),
    ];
    health.write(health.request);
    expect(await health.answer()).toMatch(/^HTTP\/1\.1 200 OK\r\n(?:(?!Connection: close).)*$/s);
    listen.write(listen.request);
    await eventually('it to be parked', async () => (await listening(hub, channel)) === 1);

    hub.signal('SIGTERM');
    expect(await listen.answer()).toMatch(/^HTTP\/1\.1 200 OK\r\n.*Connection: close\r\n.*"ended":"shutdown"/s);
    // A connection that was idle is not cut under a request that is on its way.
    health.write(health.request);
    expect(await health.answer()).toMatch(/^HTTP\/1\.1 503 .*Connection: close\r\n.*"ready":false/s);
    await Promise.all([listen.closed, health.closed]);
    expect(await hub.ended).toEqual({ code: 0, signal: null });
  });

  test('exits in time beside clients that say half a request, nothing, or read nothing', async () => {
    const hub = await startHubProcess({ args: ['--limits', 'off'] });
    const channel = await createChannel(hub.url);
    const [alpha, slow] = [await joinChannel(hub.url, channel, 'alpha'), await joinChannel(hub.url, channel, 'slow')];
    const reader = follow(hub.url, memberCall(slow, { path: 'stream' }));
    await reader.says(/retry: /);
    reader.pause();
    follow(hub.url, `GET ${channel.path}/roster HTTP/1.1\r\nHost: `);
    follow(hub.url, `POST ${channel.path}/send HTTP/1.1\r\nHost: ${new URL(hub.url).host}\r\nContent-Length: 100\r\n\r\n{"to"`);
    follow(hub.url, '');
    const body = { to: 'slow', message: 'x'.repeat(30_000) };
    for (let i = 0; i < 300; i++) await expectCall(hub.url, memberCall(alpha, { path: 'send', body }));
    expect(await endsInTime(hub, 'SIGTERM')).toEqual({ code: 0, signal: null });
  });

  test.each(['none', 'full'])('R-RET-8: three restarts under load, retention %s, lose nothing', async (retention) => {
    const own = random(seedOf(31));
    const station = await startStation({ args: ['--limits', 'off'] });
    let restarts = 0;
    const ends: Promise<unknown>[] = [];
    const messages = 1_200;
    const load = await runLoad({
      ...{ station, random: own, channels: 6, agents: 3, retention, messages },
      onAcknowledged(total) {
        if (restarts === 3 || total < (restarts + 0.5) * (messages / 3)) return;
        restarts++;
        ends.push(station.restart('SIGTERM'));
      },
    });
    const verdict = check(load.history.events);
    console.log(figuresLine(`${restarts} × SIGTERM under load, ${retention}`, own.seed, verdict));
    expect(await Promise.all(ends)).toEqual(Array(3).fill({ code: 0, signal: null }));
    expect(verdict.violations).toEqual([]);
    expect(verdict.figures).toMatchObject({ acked: messages, lost: 0, unflagged: 0 });
    if (retention === 'full') expect(verdict.figures.announced).toBe(0);
  });
});

describe('R-RUN-12: one hub at a time holds a data directory', () => {
  test('a second one refuses with exit code 3, names the first, and leaves it alone', async () => {
    const first = await startHubProcess();
    const channel = await createChannel(first.url);
    const [alpha, bravo] = [await joinChannel(first.url, channel, 'alpha'), await joinChannel(first.url, channel, 'bravo')];
    const parked = call(first.url, memberCall(bravo, { path: 'listen?timeout=60' }));
    await eventually('bravo to be parked', async () => (await listening(first, channel)) === 1);

    for (const args of [[], ['--repair']]) {
      const second = launchHub({ directory: first.directory, args });
      expect(await second.ended).toEqual({ code: 3, signal: null });
      expect(second.stderr()).toContain(`process ${first.pid}`);
      expect(second.stderr()).toContain(first.directory);
      expect(second.stdout()).toBe('');
    }
    expect(readFileSync(join(first.directory, 'hub.pid'), 'utf8').trim()).toBe(String(first.pid));
    await expectCall(first.url, memberCall(alpha, { path: 'send', body: { to: 'bravo', message: 'Still here?' } }));
    expect((await parked).body.messages).toMatchObject([{ text: 'Still here?' }]);

    // However the first one dies, the next one can have the directory at once.
    await first.end('SIGKILL');
    const third = await startHubProcess({ directory: first.directory });
    expect((await call(third.url, memberCall(alpha, { path: 'roster' }))).status).toBe(200);
  });
});

describe('a hub that freezes', () => {
  test('SIGSTOP and SIGCONT under load: nothing is lost', async () => {
    const own = random(seedOf(32));
    const station = await startStation({ args: ['--limits', 'off'] });
    const { hub } = station;
    let freezes = 0;
    const thaws: Promise<void>[] = [];
    const messages = 1_200;
    const load = await runLoad({
      ...{ station, random: own, channels: 6, agents: 3, retention: 'metadata', messages, cuts: 0.2 },
      onAcknowledged(total) {
        if (freezes === 4 || total < (freezes + 0.5) * (messages / 4)) return;
        freezes++;
        hub.signal('SIGSTOP');
        thaws.push(
          eventually('the hub to be stopped', () => isStopped(hub.pid)).then(async () => {
            // A request that went out while it was frozen is answered when it is not.
            const asked = call(hub.url, { path: '/healthz' });
            hub.signal('SIGCONT');
            expect((await asked).status).toBe(200);
          }),
        );
      },
    });
    await Promise.all(thaws);
    const verdict = check(load.history.events);
    console.log(figuresLine(`${freezes} × SIGSTOP under load`, own.seed, verdict));
    expect(freezes).toBe(4);
    expect(verdict.violations).toEqual([]);
    expect(verdict.figures).toMatchObject({ acked: messages, announced: 0, lost: 0, unflagged: 0 });
  });
});
