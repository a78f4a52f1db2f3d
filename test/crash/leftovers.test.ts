/** What an engine that died in the middle of removing leaves on the disk, and what the next one makes of it. */
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { limitsFor } from '../../src/core/limits.ts';
import { type LocalEngine, openLocal } from '../../src/engines/local/index.ts';
import type { TestClock } from '../harness/clock.ts';
import type { Shelf } from '../harness/engines.ts';
import { Port } from '../harness/port.ts';
import { temporaryDirectory } from '../harness/process.ts';

let directory: string;
let port: Port;

const limits = limitsFor('local', 'off');

beforeEach(async () => {
  directory = temporaryDirectory();
  const shelf: Shelf = {
    directory,
    open: async (clock, limits, report) => openLocal({ directory, limits, clock, report }),
    crash: async (engine) => (engine as LocalEngine).abandon(),
    quiet: async () => {},
    clear: async () => {},
  };
  port = new Port(shelf, limits);
  await port.open();
});

afterEach(() => port.clear());

/** So many rows stand on the disk, of those that a condition fits. */
const rows = (table: string, where = 'true'): number => {
  const db = new Database(join(directory, 'rogerthat.db'), { readonly: true });
  try {
    return Number((db.prepare(`SELECT count(*) FROM ${table} WHERE ${where}`).raw().get() as unknown[])[0]);
  } finally {
    db.close();
  }
};

/** What was put off is written. */
const written = async (clock: TestClock): Promise<void> => {
  clock.advance(500);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};

test('R-HOOK-10: a webhook to which nothing is owed goes with its channel, also when the process dies in between', async () => {
  const channel = await port.channel({ retention: 'full' });
  const hook = {
    channelId: channel.id,
    url: 'https://example.com/',
    callsign: null,
    secret: 'x',
    byOwner: true,
    createdAt: 0,
    disabled: null,
  };
  await port.engine.addWebhook({ ...hook, id: 'wh_1', events: ['message.created'] }, null);
  await port.engine.addWebhook({ ...hook, id: 'wh_2', events: ['channel.closed'] }, null);
  await port.engine.closeChannel(channel.id, true);
  await port.reopen('crash');
  expect(rows('webhooks')).toBe(2);
  await written(port.clock);
  // The other one is still to be told.
  expect(rows('webhooks', "id = 'wh_1'")).toBe(0);
  expect(rows('webhooks', "id = 'wh_2'")).toBe(1);
});
