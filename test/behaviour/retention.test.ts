/** What a channel keeps, and who can read it. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { refused } from '../harness/refused.ts';
import { verifies } from '../harness/verifies.ts';

const RETENTIONS = ['none', 'metadata', 'prompts', 'full'] as const;

verifies('retention:on-disk', async (room) => {
  const kept = { none: [], metadata: [], prompts: ['alpha-1', 'bravo-1'], full: ['alpha-1', 'alpha-2', 'bravo-1', 'bravo-2'] };
  for (const retention of RETENTIONS) {
    const [, alpha, bravo] = await room.talk({ retention }, 'alpha', 'bravo');
    const text = (what: string): string => `${retention} says ${what} aloud`;
    await alpha.say(text('status'), { kind: 'status' });
    await alpha.say(text('alpha-1'));
    await bravo.send('alpha', text('bravo-1'), { idempotency_key: text('key') });
    await alpha.leave();
    await (await alpha.back()).send('charlie', text('alpha-2'));
    await bravo.say(text('bravo-2'));
    await bravo.listen();
  }
  const look = (): void => {
    const bytes = room.bytesOnDisk();
    for (const retention of RETENTIONS) {
      const found = ['status', 'key', 'alpha-1', 'alpha-2', 'bravo-1', 'bravo-2'].filter((what) =>
        bytes.includes(`${retention} says ${what}`),
      );
      expect(found, retention).toEqual(kept[retention]);
    }
  };
  look();
  await room.pass(1000);
  look();
  await room.restart('stop');
  look();
});

verifies('retention:transcript', async (room) => {
  for (const retention of ['metadata', 'prompts', 'full'] as const) {
    const at = (): string => new Date(room.clock.now()).toISOString();
    const channel = await room.channel({ retention });
    const alpha = await channel.agent('alpha');
    await room.pass(1000);
    await channel.join('bravo', { new_identity: true });
    await alpha.say('first');
    await alpha.send('bravo', 'zwölf', { reply_to: 1 });
    await alpha.say('busy', { kind: 'status' });
    await alpha.leave();
    const { events, ...head } = await channel.transcript();
    expect(head).toEqual({ channel_id: channel.id, retention });
    const begun = new Date(room.clock.now() - 1000).toISOString();
    const sender = { verified: false, authorized: false };
    const text = (words: string, number: number) =>
      retention === 'full' || (retention === 'prompts' && number === 1) ? { text: words } : {};
    expect(events).toEqual([
      { seq: 1, at: begun, type: 'channel_created' },
      { seq: 2, at: begun, type: 'join', callsign: 'alpha', sender },
      { seq: 3, at: at(), type: 'join', callsign: 'bravo', sender: { verified: true, authorized: false } },
      { seq: 4, at: at(), type: 'message', id: 1, from: 'alpha', to: 'all', bytes: 5, sender, ...text('first', 1) },
      { seq: 5, at: at(), type: 'message', id: 2, from: 'alpha', to: 'bravo', bytes: 6, reply_to: 1, sender, ...text('zwölf', 2) },
      { seq: 6, at: at(), type: 'leave', callsign: 'alpha' },
    ]);
    // Joining again while the session lives is no event.
    await channel.join('charlie');
    await channel.join('charlie');
    expect((await channel.transcript({ after: 6 })).events).toMatchObject([{ seq: 7, type: 'join', callsign: 'charlie' }]);
  }
});

verifies('retention:expiry', async (room) => {
  const [channel, alpha] = await room.talk({ retention: 'metadata', session_ttl_seconds: 60 }, 'alpha');
  await room.pass(60_000);
  await refused(alpha.listen(), 'session_expired');
  await room.pass(1000);
  const last = (await channel.transcript()).events.at(-1);
  expect(last).toMatchObject({ type: 'leave', callsign: 'alpha', reason: 'expired' });
  await (await alpha.back()).leave();
  expect((await channel.transcript()).events.at(-1)).not.toHaveProperty('reason');
});

verifies('retention:lines', { limits: 'off' }, async (room) => {
  const [channel, alpha] = await room.talk({ retention: 'full' }, 'alpha');
  // More than one piece of the reading.
  await Promise.all(Array.from({ length: 600 }, (_, i) => alpha.send('bravo', `m${i}`)));
  const path = `/api/channels/${channel.id}/transcript`;
  const headers = { Authorization: `Bearer ${channel.created.join_token}` };
  const whole = await room.http.ask('GET', path, { headers });
  expect(whole.headers['content-type']).toBe('application/json');
  const { events } = whole.json() as { events: { seq: number }[] };
  expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 602 }, (_, i) => i + 1));
  const lines = await room.http.ask('GET', path, { headers: { ...headers, Accept: 'application/x-ndjson' } });
  expect(lines.headers['content-type']).toBe('application/x-ndjson');
  expect(lines.text.endsWith('\n')).toBe(true);
  expect(
    lines.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual(events);
  const nothing = await room.http.ask('GET', `${path}?after=602`, { headers });
  expect(nothing.json()).toEqual({ channel_id: channel.id, retention: 'full', events: [] });
});

verifies('retention:select', async (room) => {
  const [channel, alpha] = await room.talk({ retention: 'full' }, 'alpha');
  for (let i = 1; i <= 8; i++) await alpha.say(`m${i}`);
  const seqs = async (fields: Record<string, unknown>): Promise<number[]> =>
    (await channel.transcript(fields)).events.map(({ seq }) => seq);
  expect(await seqs({})).toHaveLength(10);
  expect(await seqs({ after: 7 })).toEqual([8, 9, 10]);
  expect(await seqs({ limit: 3 })).toEqual([1, 2, 3]);
  expect(await seqs({ after: 4, limit: 2 })).toEqual([5, 6]);
  expect(await seqs({ after: 10 })).toEqual([]);
  for (const limit of [0, -1, 1.5, 'x']) await refused(channel.transcript({ limit }), 'invalid_limit');
  for (const after of [-1, 1.5, 'x']) await refused(channel.transcript({ after }), 'invalid_body');
});

verifies('retention:none', async (room) => {
  const channel = await room.channel();
  await refused(channel.transcript(), 'no_transcript');
});

verifies('retention:files', async (room) => {
  const mode = (path: string): number => statSync(path).mode & 0o777;
  const look = (): void => {
    expect(mode(room.directory)).toBe(0o700);
    const names = readdirSync(room.directory);
    expect(names).toContain('rogerthat.db');
    for (const name of names) expect([name, mode(join(room.directory, name))]).toEqual([name, 0o600]);
  };
  const [, alpha] = await room.talk({ retention: 'full' }, 'alpha');
  await alpha.say('hello');
  look();
  await room.restart('crash');
  await room.pass(1000);
  look();
});
