/** A database that is damaged: refused, repaired, and never believed. */
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { expect } from 'vitest';
import { openLocal } from '../../src/engines/local/index.ts';
import { texts } from '../harness/agent.ts';
import type { Shelf } from '../harness/engines.ts';
import { launchHub, type Program, startHubProcess, temporaryDirectory } from '../harness/process.ts';
import { refused } from '../harness/refused.ts';
import { Room } from '../harness/room.ts';
import { HttpClient } from '../harness/transports/http.ts';
import { TRANSPORTS } from '../harness/transports.ts';
import { verifies } from '../harness/verifies.ts';

/** A room on a directory that it does not remove, opened with --repair or not. */
const roomOn = (directory: string, repair: boolean, transport = TRANSPORTS[0]!): Promise<Room> => {
  const shelf: Shelf = {
    directory,
    open: async (clock, limits, report) => openLocal({ directory, limits, clock, report, repair }),
    crash: async () => {},
    quiet: async () => {},
    clear: async () => {},
  };
  return Room.open(transport, { name: 'local', offers: [], shelf: async () => shelf }, { trouble: 'expected' });
};

/** Changes a value without its checksum. */
const tamper = (directory: string, sql: string): void => {
  const db = new Database(join(directory, 'rogerthat.db'));
  db.exec(sql);
  db.close();
};

/** Overwrites some pages in the middle of the file. */
const scribble = (directory: string): Buffer => {
  const path = join(directory, 'rogerthat.db');
  const bytes = readFileSync(path);
  bytes.fill(0x55, 4096 * 3, 4096 * 4);
  writeFileSync(path, bytes);
  return bytes;
};

verifies.once('run:damaged', async () => {
  const directory = temporaryDirectory();
  const hub = await startHubProcess({ directory });
  const client = new HttpClient(hub.port);
  for (let i = 0; i < 30; i++) await client.ask('POST', '/api/channels', { body: '{"retention":"full"}' });
  client.close();
  await hub.end('SIGTERM');
  const damaged = scribble(directory);
  for (let i = 0; i < 2; i++) {
    const program = launchHub({ directory });
    expect(await program.ended).toEqual({ code: 4, signal: null });
    expect(program.stderr()).toContain(join(directory, 'rogerthat.db'));
    expect(program.stderr()).toContain('--repair');
    expect(readFileSync(join(directory, 'rogerthat.db')).equals(damaged)).toBe(true);
  }
});

verifies.once('run:unusable', async () => {
  const expectRefusal = async (program: Program, directory: string): Promise<void> => {
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(program.stderr()).toContain(`The data directory ${directory} cannot be used: `);
  };
  const file = join(temporaryDirectory(), 'file');
  writeFileSync(file, '');
  await expectRefusal(launchHub({ directory: file }), file);
  const directory = temporaryDirectory();
  await expectRefusal(launchHub({ directory, under: ['prlimit', '--fsize=4096:unlimited'] }), directory);
  for (let i = 0; i < 2; i++) await (await startHubProcess({ directory })).end('SIGKILL');
  // Two directories could have one file, and each a lock of its own.
  const [linked, path] = [temporaryDirectory(), 'rogerthat.db'];
  symlinkSync(join(directory, path), join(linked, path));
  await expectRefusal(launchHub({ directory: linked }), linked);
  // What is in the file of the lock means nothing.
  writeFileSync(join(directory, 'hub.lock'), 'x'.repeat(5_000));
  await (await startHubProcess({ directory })).end('SIGTERM');
});

verifies.once('run:foreign', async () => {
  const directory = temporaryDirectory();
  // What a backup of a file that is not there looks like.
  const db = new Database(join(directory, 'rogerthat.db'));
  db.exec('CREATE TABLE other (a); DROP TABLE other');
  db.close();
  const program = launchHub({ directory });
  expect(await program.ended).toEqual({ code: 4, signal: null });
  expect(program.stderr()).toContain('it is none of a hub');
  const repaired = await startHubProcess({ directory, args: ['--repair'] });
  expect(repaired.stderr()).toContain('0 channels');
  await repaired.end('SIGTERM');
});

verifies.once('run:repair', async () => {
  const directory = temporaryDirectory();
  const hub = await startHubProcess({ directory });
  const client = new HttpClient(hub.port);
  for (let i = 0; i < 30; i++) await client.ask('POST', '/api/channels', { body: '{"retention":"full"}' });
  client.close();
  await hub.end('SIGTERM');
  const aside = (): string[] => readdirSync(directory).filter((name) => name.includes('damaged'));
  // On a sound file it changes nothing.
  const sound = await startHubProcess({ directory, args: ['--repair'] });
  await sound.end('SIGTERM');
  expect(aside()).toEqual([]);
  // Nor on one that has not yet all the tables of this version.
  tamper(directory, 'DROP TABLE owned');
  const older = await startHubProcess({ directory, args: ['--repair'] });
  await older.end('SIGTERM');
  expect(aside()).toEqual([]);
  const damaged = scribble(directory);
  const repaired = await startHubProcess({ directory, args: ['--repair'] });
  await repaired.end('SIGTERM');
  const [kept = ''] = aside();
  expect(readFileSync(join(directory, kept)).equals(damaged)).toBe(true);
  expect(repaired.stderr()).toContain(kept);
  expect(repaired.stderr()).toMatch(/[0-9]+ channels/);
  const next = await startHubProcess({ directory });
  await next.end('SIGTERM');
});

verifies.once('repair:rewound', async () => {
  const directory = temporaryDirectory();
  const room = await roomOn(directory, false);
  const [channel, alpha, bravo] = await room.talk({ retention: 'full' }, 'alpha', 'bravo');
  const lost = await room.channel({ retention: 'full' });
  for (const text of ['one', 'two']) await alpha.say(text);
  const { cursor } = await bravo.listen({ since: 0 });
  await room.close();
  tamper(directory, `UPDATE channels SET session_ttl_ms = 7 WHERE id = '${lost.id}'`);
  await expect(roomOn(directory, false)).rejects.toThrow(/damaged/);
  const again = await roomOn(directory, true);
  const here = again.anyone({ ...bravo.proofs });
  const told = await here.listen({ since: cursor });
  expect(told.gap).toMatchObject({ reason: 'rewound', missed_at_most: null });
  expect(texts({ messages: await here.history() })).toEqual(['one', 'two']);
  expect((await here.listen({ since: told.cursor })).gap).toBeNull();
  // Who joins later is told too: a page that cannot be read does not say whose it was.
  expect((await again.anyone({ channelId: channel.id, token: channel.created.join_token }).join('charlie')).gap).toMatchObject({
    reason: 'rewound',
  });
  await refused(again.anyone({ channelId: lost.id, token: lost.created.join_token }).roster(), 'unauthorized');
  expect(again.troubles.map(String).join()).toContain('repaired');
  await again.close();
});

verifies.once('repair:never-served', async () => {
  for (const transport of TRANSPORTS.filter(({ offers }) => offers.includes('transcript'))) {
    const directory = temporaryDirectory();
    const room = await roomOn(directory, false, transport);
    const [channel, alpha] = await room.talk({ retention: 'full' }, 'alpha', 'bravo');
    for (const text of ['one', 'two']) await alpha.say(text);
    tamper(directory, `UPDATE events SET data = replace(data, 'one', 'not what was said') WHERE type = 'message'`);
    await refused(channel.transcript(), 'storage_unavailable');
    expect(room.engine.health()).toMatch(/--repair/);
    await room.close();
    // The ring of a full channel is read at the first look after a start.
    const again = await roomOn(directory, false, transport);
    const bravo = again.anyone(channel.proofs);
    await refused(bravo.history(), 'storage_unavailable');
    await refused(bravo.join('bravo'), 'storage_unavailable');
    expect(again.engine.health()).toMatch(/--repair/);
    await again.close();
  }
});

verifies.once('repair:neighbours', async () => {
  const directory = temporaryDirectory();
  const room = await roomOn(directory, false);
  const [damaged, first] = await room.talk({ retention: 'full' }, 'alpha', 'bravo');
  const [sound, second] = await room.talk({ retention: 'full' }, 'alpha', 'bravo');
  await first.say('one');
  await second.say('two');
  tamper(directory, `UPDATE events SET data = replace(data, 'one', 'not what was said') WHERE type = 'message'`);
  await room.close();
  const again = await roomOn(directory, false);
  const say = (channelId: string) => {
    const nobody = { replyTo: null, allowance: null, recalled: null, key: null };
    const sender = { verified: false, authorized: false };
    return again.engine.append({ channelId, from: 'alpha', to: 'all', text: 'three', kind: 'message', sender, ...nobody });
  };
  // Of one turn, so that they would be stored together.
  const [there, here] = await Promise.allSettled([say(damaged.id), say(sound.id)]);
  expect(there).toMatchObject({ status: 'rejected', reason: { code: 'storage_unavailable' } });
  expect(here).toMatchObject({ status: 'fulfilled', value: { message: { id: 2 } } });
  await again.close();
});
