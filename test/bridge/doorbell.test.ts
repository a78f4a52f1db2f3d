/** `wait` and `stream` as doorbells behind nginx and Caddy, with the time-outs these have by themselves. */
import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Agent } from '../harness/agent.ts';
import { ENGINES } from '../harness/engines.ts';
import { eventually } from '../harness/eventually.ts';
import { startProxy } from '../harness/proxy.ts';
import { random } from '../harness/random.ts';
import { Room } from '../harness/room.ts';
import { HttpClient } from '../harness/transports/http.ts';
import { prepare, rest } from '../harness/transports/rest.ts';
import { freePort, PATIENCE_S, type ProxyName, startBefore } from './proxies.ts';

const DISK = ENGINES.find(({ offers }) => offers.includes('durable'))!;

interface Got {
  readonly response: IncomingMessage;
  text: string;
  over: boolean;
}

describe.each<ProxyName>(['nginx', 'caddy'])('%s', (name) => {
  let room: Room;
  let http: HttpClient;
  beforeEach(async () => {
    // The hub comes back under another port; the proxy knows it by this one.
    const upstream = await startProxy({ target: () => room.http.port, delayMs: 0, cuts: 0, random: random(1) });
    const port = await freePort();
    room = await Room.open(rest, DISK, { allowHosts: [`127.0.0.1:${port}`, `127.0.0.1:${upstream.port}`] });
    await startBefore(name, port, upstream.port);
    http = new HttpClient(port);
  });
  afterEach(() => room.close());

  const open = async (operation: 'wait' | 'stream', { proofs }: Pick<Agent, 'proofs'>, input: object, accept?: string): Promise<Got> => {
    const { method, path, headers } = prepare(operation, { proofs, input: input as Record<string, unknown> });
    const response = await http.open(method, path, { headers: { ...headers, ...(accept ? { Accept: accept } : {}) } });
    const got: Got = { response, text: '', over: false };
    response.setEncoding('utf8').on('data', (piece: string) => {
      got.text += piece;
    });
    response.on('error', () => {});
    response.on('close', () => {
      got.over = true;
    });
    return got;
  };

  /** Heartbeats, each heard before the next, until the proxy's patience would have ended twice. */
  const outlast = async (got: Got): Promise<number> => {
    const end = performance.now() + 2 * PATIENCE_S * 1000;
    let beats = 0;
    while (performance.now() < end) {
      const before = got.text.length;
      room.clock.advance(15_000);
      beats++;
      await eventually('a heartbeat', () => got.text.length > before || got.over);
      expect(got.over).toBe(false);
    }
    return beats;
  };

  test('a wait outlasts the patience of the proxy by its heartbeats, and ends with the mail', async () => {
    const [, alpha, bravo] = await room.talk({ session_ttl_seconds: 86_400 }, 'alpha', 'bravo');
    const got = await open('wait', bravo, {});
    expect(got.response.statusCode).toBe(200);
    await room.parked(1);
    await outlast(got);
    await alpha.say('the bell');
    await eventually('the end', () => got.over);
    expect(JSON.parse(got.text).messages.map(({ text }: { text: string }) => text)).toEqual(['the bell']);
  }, 30_000);

  test('a stream does too, and resumes after a crash of the hub where it stood', async () => {
    const [, alpha, bravo] = await room.talk({ retention: 'full', session_ttl_seconds: 86_400 }, 'alpha', 'bravo');
    for (const [accept, field] of [
      ['text/event-stream', 'last_event_id'],
      ['application/x-ndjson', 'since'],
    ] as const) {
      const got = await open('stream', bravo, {}, accept);
      await room.parked(1);
      await outlast(got);
      await alpha.say(`before, ${accept}`);
      await eventually('it', () => got.text.includes(`before, ${accept}`));
      await room.restart('crash');
      await eventually('the cut', () => got.over);
      const cursor = (accept === 'text/event-stream' ? /^id: (\S+)$/gm : /"cursor":"([^"]+)"/g)[Symbol.matchAll](got.text);
      const last = [...cursor].at(-1)?.[1];
      await alpha.say(`while away, ${accept}`);
      const again = await open('stream', bravo, { [field]: last }, accept);
      await eventually('what was said meanwhile', () => again.text.includes(`while away, ${accept}`));
      expect(again.text).not.toContain(`before, ${accept}`);
      again.response.destroy();
      await room.parked(0);
    }
  }, 30_000);

  test('the last word says why it is over', async () => {
    const [channel, , bravo, charlie, delta] = await room.talk({}, 'alpha', 'bravo', 'charlie', 'delta');
    const left = [await open('wait', bravo, {}), await open('stream', bravo, {}, 'application/x-ndjson')];
    await room.parked(2);
    await bravo.leave();
    await eventually('both ends', () => left.every(({ over }) => over));
    expect(left.map(({ text }) => JSON.parse(text.trim().split('\n').at(-1) ?? '').code)).toEqual(['not_joined', 'not_joined']);
    const kicked = [
      await open('wait', delta, {}),
      await open('stream', delta, {}, 'application/x-ndjson'),
      await open('stream', delta, {}, 'text/event-stream'),
    ];
    await room.parked(3);
    await channel.owner.kick('delta');
    await eventually('all ends', () => kicked.every(({ over }) => over));
    const [bell, lines, events] = kicked.map(({ text }) => text.trim());
    expect(JSON.parse(bell ?? '').code).toBe('kicked');
    expect(JSON.parse(lines?.split('\n').at(-1) ?? '')).toMatchObject({ type: 'end', code: 'kicked' });
    expect(events).toMatch(/event: end\ndata: \{"code":"kicked"[^\n]*$/);
    const down = [await open('wait', charlie, {}), await open('stream', charlie, {}, 'text/event-stream')];
    await room.parked(2);
    room.hub.close();
    await eventually('both ends', () => down.every(({ over }) => over));
    expect(JSON.parse(down[0]?.text ?? '')).toMatchObject({ messages: [], ended: 'shutdown' });
    expect(down[1]?.text).toMatch(/event: end\ndata: \{"code":"shutdown"/);
  });
});
