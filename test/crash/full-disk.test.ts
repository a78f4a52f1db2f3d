/**
 * A disk that is full and then is not: calls that must store are refused and leave nothing, reading goes on, the hub
 * says so, and works again by itself (R-ERR-12, R-SEND-7, R-RET-6, R-RET-12).
 */
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { check, figuresLine } from '../harness/checker.ts';
import { diskKinds, limitedDisk } from '../harness/disk.ts';
import { eventually } from '../harness/eventually.ts';
import { runLoad } from '../harness/load.ts';
import { startHubProcess, startStation } from '../harness/process.ts';
import { random, seedOf } from '../harness/random.ts';
import { call, createChannel, expectCall, joinChannel, memberCall, type Reply } from '../harness/rest.ts';

const HOOK = { url: 'http://127.0.0.1:7999/hook', events: ['message.created'] };

const refusal = {
  status: 503,
  body: { status: 503, code: 'storage_unavailable', title: expect.any(String), detail: expect.any(String), hint: expect.any(String) },
};

describe.each(diskKinds())('R-ERR-12: %s', (_, makeDisk) => {
  test.each(['none', 'full'])('retention %s: 503, nothing of it is kept, and all is well again when there is room', async (retention) => {
    const disk = makeDisk();
    const hub = await startHubProcess({ directory: disk.directory });
    const channel = await createChannel(hub.url, { retention });
    const [alpha, bravo] = [await joinChannel(hub.url, channel, 'alpha'), await joinChannel(hub.url, channel, 'bravo')];
    const send = (message: string): Promise<Reply> =>
      call(hub.url, memberCall(alpha, { path: 'send', headers: { 'Idempotency-Key': message }, body: { to: 'bravo', message } }));
    const texts = async (path: string): Promise<string[]> =>
      (await expectCall(hub.url, memberCall(bravo, { path }))).messages.map(({ text }: { text: string }) => text);
    const first = await send('before');
    expect(first.status).toBe(200);

    disk.fill(hub.pid);
    // The log of a small disk may still have some room in it; what was acknowledged on the way counts.
    const kept = ['before'];
    let refused: Reply;
    let n = 0;
    for (;;) {
      refused = await send(`filler ${++n}`);
      if (refused.status !== 200) break;
      kept.push(`filler ${n}`);
    }
    expect(refused).toMatchObject(refusal);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(await call(hub.url, { path: `${channel.path}/join`, token: channel.token, body: { callsign: 'charlie' } })).toMatchObject(
      refusal,
    );
    expect(await call(hub.url, { path: '/api/channels', body: {} })).toMatchObject(refusal);
    const owner = (path: string, body: object, method = 'POST') => ({ method, path: channel.path + path, token: channel.ownerToken, body });
    for (const step of [
      owner('/kick', { callsign: 'alpha', ban: true }),
      owner('/rotate-token', {}),
      owner('/pause', {}),
      owner('/webhooks', HOOK),
      owner('', {}, 'DELETE'),
    ])
      expect(await call(hub.url, step)).toMatchObject(refusal);
    const unready = await call(hub.url, { path: '/readyz' });
    expect(unready).toMatchObject({ status: 503, body: { ready: false, trouble: expect.stringMatching(/cannot write/) } });
    expect((await call(hub.url, { path: '/healthz' })).status).toBe(200);
    // Reading goes on, and a refused message is nowhere.
    expect(await texts('history?n=100')).toEqual(kept.slice(-100));

    disk.free(hub.pid);
    await eventually('the hub to be ready', async () => (await call(hub.url, { path: '/readyz' })).status === 200);
    const { roster } = await expectCall(hub.url, memberCall(alpha, { path: 'roster' }));
    expect(roster.map(({ callsign }: { callsign: string }) => callsign)).toEqual(['alpha', 'bravo']);
    const again = await send(`filler ${n}`);
    expect(again).toMatchObject({ status: 200, body: { id: expect.any(Number) } });
    expect(again.body.duplicate).toBeUndefined();
    expect(again.body.id).toBeGreaterThan(first.body.id);
    kept.push(`filler ${n}`);
    expect((await call(hub.url, owner('/webhooks', HOOK))).status).toBe(201);
    expect(await texts('history?n=100')).toEqual(kept.slice(-100));
    expect(await texts(`listen?timeout=0&since=${bravo.cursor}`)).toEqual(kept.slice(-100));

    await hub.end('SIGKILL');
    const next = await startHubProcess({ directory: disk.directory });
    const repeat = await call(next.url, {
      ...memberCall(alpha, { path: 'send', headers: { 'Idempotency-Key': 'before' }, body: { to: 'bravo', message: 'before' } }),
    });
    expect(repeat).toMatchObject({ status: 200, body: { id: first.body.id, duplicate: true } });
    if (retention === 'full') {
      const { events } = await expectCall(next.url, { path: `${channel.path}/transcript`, token: channel.token });
      expect(events.flatMap(({ text }: { text?: string }) => (text === undefined ? [] : [text]))).toEqual(kept);
    }
    await next.end('SIGKILL');
  });

  test('under load: nothing that was acknowledged is lost', async () => {
    const disk = makeDisk();
    const own = random(seedOf(41));
    const station = await startStation({ directory: disk.directory, args: ['--limits', 'off'] });
    let [full, times, refusals] = [false, 0, 0];
    const messages = 600;
    const load = await runLoad({
      ...{ station, random: own, channels: 4, agents: 3, retention: 'metadata', messages },
      onAcknowledged(total) {
        if (full || times === 3 || total < (times + 0.5) * (messages / 3)) return;
        full = true;
        times++;
        disk.fill(station.hub.pid);
      },
      onRefused(reply) {
        expect(reply).toMatchObject(refusal);
        if (!full || ++refusals % 10 > 0) return;
        full = false;
        disk.free(station.hub.pid);
      },
    });
    await station.restart('SIGTERM');
    const verdict = check(load.history.events);
    console.log(`${figuresLine(`disk full ${times} times under load`, own.seed, verdict)}; ${refusals} refused`);
    expect(refusals).toBeGreaterThan(10);
    expect(verdict.violations).toEqual([]);
    expect(verdict.figures).toMatchObject({ acked: messages, announced: 0, lost: 0, unflagged: 0 });
    await station.hub.end('SIGKILL');
  });
});

const FRAME_BYTES = 4096 + 24;

test('R-RUN-13: what a refused write left in the log is no damage to it', async () => {
  const { directory } = limitedDisk();
  const hub = await startHubProcess({ directory });
  const [kept, light] = [await createChannel(hub.url, { retention: 'full' }), await createChannel(hub.url)];
  const [alpha, bravo] = [await joinChannel(hub.url, kept, 'alpha'), await joinChannel(hub.url, light, 'bravo')];
  const send = (member: typeof alpha, message: string): Promise<Reply> =>
    call(hub.url, memberCall(member, { path: 'send', body: { to: 'charlie', message } }));
  expect((await send(alpha, 'before')).status).toBe(200);

  // Room for some of the frames that a long text takes, and for all of those of a short one that is not kept.
  const { size } = statSync(join(directory, 'rogerthat.db-wal'));
  execFileSync('prlimit', ['--pid', String(hub.pid), `--fsize=${size + 7 * FRAME_BYTES}:unlimited`]);
  expect(await send(alpha, 'x'.repeat(32 * 1024))).toMatchObject(refusal);
  expect((await send(bravo, 'short')).status).toBe(200);
  await hub.end('SIGKILL');

  const next = await startHubProcess({ directory });
  const { messages } = await expectCall(next.url, memberCall(alpha, { path: 'history' }));
  expect(messages.map(({ text }: { text: string }) => text)).toEqual(['before']);
  expect(await expectCall(next.url, memberCall(bravo, { path: 'messages/1' })).catch((error: Error) => error.message)).toContain('rotated');
  await next.end('SIGKILL');
});
