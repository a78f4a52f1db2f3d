/** Many who watch one channel: what they are shown at once costs the hub as much as for one. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Hub } from '../../src/core/hub.ts';
import { limitsFor } from '../../src/core/limits.ts';
import type { Cancel, StreamItem } from '../../src/core/listening.ts';
import type { RosterEntry } from '../../src/core/types.ts';
import { openLocal } from '../../src/engines/local/index.ts';
import { writeStream } from '../../src/transports/stream.ts';
import { HttpClient } from '../harness/transports/http.ts';

const OBSERVERS = 40;

let hub: Hub;
/** How often a roster was asked for. */
let asked = 0;

beforeEach(() => {
  const limits = limitsFor('open');
  const engine = openLocal({ directory: null, limits });
  const roster = engine.roster.bind(engine);
  engine.roster = (channelId) => {
    asked++;
    return roster(channelId);
  };
  hub = new Hub({ engine, limits });
  asked = 0;
});

afterEach(async () => {
  hub.close();
  await hub.engine.close();
});

const joining = { identityKey: null, newIdentity: false, ownerPassword: null, address: '127.0.0.1' };

test('R-STREAM-7: who came is looked up once for all who watch, and each coming is shown to all', async () => {
  const { channel, joinToken } = await hub.createChannel({
    retention: 'none',
    trustMode: 'untrusted',
    requireIdentity: null,
    ownerPassword: null,
    sessionTtlMs: 60_000,
  });
  const gone = new AbortController();
  const streams = Array.from({ length: OBSERVERS }, () => hub.watch(channel, { at: 'bare' }, gone.signal as Cancel));
  const shown = async (): Promise<string[]> => {
    const items = await Promise.all(streams.map((stream) => stream.next()));
    return items.map(({ value }) => {
      const item = value as StreamItem;
      return item.type === 'roster' ? item.roster.map(({ callsign }) => callsign).join() : item.type;
    });
  };
  expect(new Set(await shown())).toEqual(new Set(['']));
  for (const callsign of ['alpha', 'bravo']) {
    const next = shown();
    asked = 0;
    await hub.join({ channel, token: joinToken, callsign, ...joining });
    expect(new Set(await next)).toEqual(new Set([callsign === 'alpha' ? 'alpha' : 'alpha,bravo']));
    // One for the answer to the join, one for all who watch.
    expect(asked).toBe(2);
  }
  gone.abort();
});

test('R-STREAM-7: a roster is written once in each form', async () => {
  let encoded = 0;
  const entry = { callsign: 'alpha', toJSON: () => ({ callsign: 'alpha', encoded: ++encoded }) };
  const roster = [entry] as unknown as readonly RosterEntry[];
  async function* items(): AsyncGenerator<StreamItem, void, undefined> {
    yield { type: 'roster', roster };
  }
  const server = createServer(
    (request, response) => void writeStream(response, hub.clock, { answers: 'stream', items: items() }, request.headers.accept),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new HttpClient((server.address() as AddressInfo).port);
  const texts: string[] = [];
  for (const Accept of ['text/event-stream', 'text/event-stream', 'application/x-ndjson', 'application/x-ndjson']) {
    let text = '';
    for await (const piece of (await client.open('GET', '/', { headers: { Accept } })).setEncoding('utf8')) text += piece;
    texts.push(text.trim().split('\n').at(-1)!);
  }
  client.close();
  server.close();
  expect(texts).toEqual([
    'data: {"roster":[{"callsign":"alpha","encoded":1}]}',
    'data: {"roster":[{"callsign":"alpha","encoded":1}]}',
    '{"type":"roster","roster":[{"callsign":"alpha","encoded":2}]}',
    '{"type":"roster","roster":[{"callsign":"alpha","encoded":2}]}',
  ]);
});
