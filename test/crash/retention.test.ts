/** What stands on the disk, looked for in the bytes of every file: R-RET-1, R-RET-16, R-CHAN-4, R-JOIN-20, R-SEND-13. */
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type HubProcess, startHubProcess } from '../harness/process.ts';
import { createChannel, expectCall, joinChannel, memberCall, type TestChannel, type TestMember } from '../harness/rest.ts';

const RETENTIONS = ['none', 'metadata', 'prompts', 'full'] as const;
type Retention = (typeof RETENTIONS)[number];

/** Every text has a marker of its own; which of them may be on the disk, by mode. */
const KEPT: Readonly<Record<Retention, RegExp>> = {
  none: /^$/,
  metadata: /^$/,
  prompts: /^(?:alpha-1|bravo-1|delta-1)$/,
  full: /^(?:alpha|bravo|delta)-[0-9]$/,
};

interface Traces {
  /** Marker of each text by what was said. */
  readonly markers: Map<string, string>;
  /** Nothing of these may be found, in any form that opens anything. */
  readonly secrets: string[];
}

const marker = (retention: string, what: string): string => `MARK ${retention} ${what} KRAM`;

const talk = async (hub: HubProcess, retention: Retention): Promise<Traces & { channel: TestChannel; alpha: TestMember }> => {
  const password = `owner password of ${retention}`;
  const channel = await createChannel(hub.url, { retention, owner_password: password });
  const markers = new Map<string, string>();
  const secrets = [password, channel.token, channel.ownerToken];
  const say = async (member: TestMember, what: string, more: object = {}): Promise<void> => {
    const key = `key of ${retention} ${what}`;
    const message = marker(retention, what);
    markers.set(what, message);
    secrets.push(key);
    const request = { path: 'send', headers: { 'Idempotency-Key': key }, body: { to: 'all', message, ...more } };
    await expectCall(hub.url, memberCall(member, request));
  };
  const alpha = await joinChannel(hub.url, channel, 'alpha');
  const bravo = await joinChannel(hub.url, channel, 'bravo');
  const body = { callsign: 'delta', new_identity: true, owner_password: password };
  const joined = await expectCall(hub.url, { path: `${channel.path}/join`, token: channel.token, body });
  const delta: TestMember = { channel, callsign: 'delta', session: joined.session_id, cursor: joined.cursor };
  secrets.push(joined.identity.identity_key, alpha.session, bravo.session, delta.session);
  await say(alpha, 'alpha-status', { kind: 'status' });
  await say(alpha, 'alpha-1');
  await say(alpha, 'alpha-2', { to: 'bravo' });
  await say(bravo, 'bravo-1', { to: 'echo' });
  await say(delta, 'delta-1', { reply_to: 2 });
  // A second life of a callsign is not its first message.
  await expectCall(hub.url, memberCall(bravo, { path: 'leave', body: {} }));
  const again = await joinChannel(hub.url, channel, 'bravo');
  secrets.push(again.session);
  await say(again, 'bravo-2');
  for (const member of [alpha, again, delta]) await expectCall(hub.url, memberCall(member, { path: 'listen?timeout=0&since=0' }));
  await expectCall(hub.url, memberCall(alpha, { path: 'ack', body: { id: 3 } }));
  return { markers, secrets, channel, alpha };
};

const filesOf = (directory: string): { name: string; mode: number; bytes: Buffer }[] =>
  readdirSync(directory).map((name) => ({
    name,
    mode: statSync(join(directory, name)).mode & 0o777,
    bytes: readFileSync(join(directory, name)),
  }));

const expectClean = (directory: string, retention: Retention, { markers, secrets }: Traces): void => {
  const files = filesOf(directory);
  const found = (text: string): boolean => files.some(({ bytes }) => bytes.includes(text));
  for (const [what, text] of markers) expect([what, found(text)]).toEqual([what, KEPT[retention].test(what)]);
  for (const secret of secrets) {
    // A token without its prefix, and its bytes, are the token too.
    const bare = secret.replace(/^rt_[a-z]+_/, '');
    expect([bare.slice(0, 12), found(secret), found(bare)]).toEqual([bare.slice(0, 12), false, false]);
    if (bare !== secret) expect(files.some(({ bytes }) => bytes.includes(Buffer.from(bare, 'base64url')))).toBe(false);
  }
};

const expectModes = (directory: string): void => {
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  const modes = filesOf(directory).map(({ name, mode }) => `${name} ${mode.toString(8)}`);
  expect(modes.length).toBeGreaterThan(2);
  expect(modes.filter((mode) => !mode.endsWith(' 600'))).toEqual([]);
};

/** The most careless user there is. */
const CARELESS = ['sh', '-c', 'umask 0; exec "$@"', 'sh'];

describe('R-RET-1, R-CHAN-4: the data directory', () => {
  test.each(RETENTIONS)('with %s has no text that the mode does not keep, and no secret', async (retention) => {
    const hub = await startHubProcess({ under: CARELESS, args: ['--limits', 'off'] });
    const traces = await talk(hub, retention);
    expectClean(hub.directory, retention, traces);
    await hub.end('SIGKILL');
    expectClean(hub.directory, retention, traces);
    const next = await startHubProcess({ directory: hub.directory });
    await next.end('SIGTERM');
    expectClean(hub.directory, retention, traces);
    expect(hub.stderr() + hub.stdout()).not.toMatch(/MARK|rt_/);
  });

  test('R-RET-16: is 0700 and its files 0600, whatever the umask, while a hub runs, after a kill, and after a repair', async () => {
    const first = await startHubProcess({ under: CARELESS });
    const fresh = join(first.directory, 'made', 'by', 'the hub');
    const hub = await startHubProcess({ directory: fresh, under: CARELESS });
    const { alpha, channel } = await talk(hub, 'full');
    expectModes(fresh);
    await hub.end('SIGKILL');
    expectModes(fresh);
    chmodSync(join(fresh, 'rogerthat.db'), 0o644);
    const next = await startHubProcess({ directory: fresh, under: CARELESS });
    expectModes(fresh);
    await expectCall(next.url, memberCall(alpha, { path: 'send', body: { to: 'all', message: 'More.' } }));
    await next.end('SIGTERM');
    const file = join(fresh, 'rogerthat.db');
    const bytes = readFileSync(file);
    bytes.fill(0x55, 0, 100);
    writeFileSync(file, bytes);
    const repaired = await startHubProcess({ directory: fresh, under: CARELESS, args: ['--repair'] });
    expectModes(fresh);
    expect(channel.token).toMatch(/^rt_join_/);
    await repaired.end('SIGTERM');
  });
});
