/** What survives the end of a hub, in good order or not. */
import { cpSync, rmSync } from 'node:fs';
import { expect } from 'vitest';
import { type Agent, marked, texts } from '../harness/agent.ts';
import { refused } from '../harness/refused.ts';
import type { Channel } from '../harness/room.ts';
import { verifies } from '../harness/verifies.ts';

const RETENTIONS = ['none', 'metadata', 'prompts', 'full'] as const;
const ENDS = ['stop', 'crash'] as const;

verifies('restart:acknowledged', async (room) => {
  const channels = new Map<string, [Channel, Agent, number]>();
  for (const retention of RETENTIONS) {
    const [channel, alpha] = await room.talk({ retention }, 'alpha', 'bravo');
    channels.set(retention, [channel, alpha, 0]);
  }
  for (const how of [...ENDS, 'crash'] as const) {
    for (const [retention, [channel, alpha]] of channels) {
      await alpha.send('bravo', 'one');
      await alpha.say('busy', { kind: 'status' });
      channels.set(retention, [channel, alpha, (await alpha.say('two')).id]);
    }
    await room.restart(how);
    for (const [retention, [channel, , last]] of channels) {
      const { counts } = await channel.info();
      expect([retention, counts.head, counts.members]).toEqual([retention, last, 2]);
    }
  }
  for (const [, [, alpha, last]] of channels) expect((await alpha.say('three')).id).toBeGreaterThan(last);
});

verifies('restart:everything', async (room) => {
  const { identity_key } = await room.anyone().createIdentity();
  const estate = async (retention: string) => {
    const asked = { retention, trust_mode: 'trusted', session_ttl_seconds: 7200 };
    const channel = await room.channel(asked);
    const short = await room.channel({ retention, session_ttl_seconds: 60 });
    const alpha = await channel.agent('alpha', { identity_key });
    const bravo = await channel.agent('bravo', { new_identity: true });
    const [gone, left] = await short.agents('gone', 'left');
    await left.leave();
    return { asked, channel, alpha, bravo, gone, left, made: (await channel.info()).created_at };
  };
  for (const how of ENDS) {
    const estates = await Promise.all(RETENTIONS.map(estate));
    await room.pass(60_000);
    for (const { gone } of estates) await refused(gone.listen(), 'session_expired');
    await room.restart(how, 10_000);
    for (const { asked, channel, alpha, bravo, gone, left, made } of estates) {
      expect(await channel.info()).toMatchObject({ ...asked, created_at: made });
      await refused(channel.showing({ token: 'rt_join_wrong' }).info(), 'unauthorized');
      await alpha.listen();
      const bravoKey = bravo.joined.identity!.identity_key;
      expect(await channel.join('bravo', { identity_key: bravoKey })).toMatchObject({ resumed: true, session_id: bravo.sessionId });
      await refused(channel.join('alpha', { identity_key: bravoKey }), 'callsign_taken');
      await refused(channel.join('charlie'), 'identity_required');
      expect((await channel.roster()).map(({ callsign, verified }) => [callsign, verified])).toEqual([
        ['alpha', true],
        ['bravo', true],
      ]);
      await refused(gone.listen(), 'session_expired');
      await refused(left.listen(), 'not_joined');
    }
    await room.pass(3_600_000 - 10_000);
    for (const { gone } of estates) await refused(gone.listen(), 'not_joined');
  }
});

verifies('restart:positions', async (room) => {
  for (const how of ENDS) {
    const [, alpha, bravo] = await room.talk({ retention: 'full' }, 'alpha', 'bravo');
    for (let i = 1; i <= 4; i++) await alpha.say(`m${i}`);
    const { cursor } = await bravo.listen({ limit: 2 });
    await bravo.listen({ since: 1, limit: 2 });
    await room.pass(1000);
    await room.restart(how);
    const again = await bravo.rejoin();
    expect(again).toMatchObject({ resumed: true, pending: 1, gap: null, cursor: cursor.replace(/^2/, '1') });
    expect(marked({ messages: again.unconfirmed })).toEqual(['(m2)', '(m3)']);
    // Still explicit, so a bare listen confirms nothing.
    expect(marked(await bravo.listen())).toEqual(['(m2)', '(m3)', 'm4']);
  }
});

verifies('restart:ring', async (room) => {
  for (const how of ENDS) {
    const channel = await room.channel({ retention: 'full' });
    const bravo = await channel.agent('bravo');
    await channel.join('charlie', { new_identity: true });
    const alpha = await channel.agent('alpha', { new_identity: true });
    await alpha.say('one');
    await bravo.send('alpha', 'two', { reply_to: 1 });
    await alpha.send('bravo', 'three');
    const before = await channel.history();
    const { cursor } = await bravo.listen({ limit: 1 });
    await room.restart(how);
    expect(await channel.history()).toEqual(before);
    expect((await channel.message(2)).message).toEqual(before[1]);
    const heard = await bravo.listen({ since: cursor });
    expect(heard).toMatchObject({ gap: null, after: cursor });
    expect(heard.messages).toEqual([before[2]]);
    await alpha.say('four');
    expect(texts(await bravo.listen({ since: heard.cursor }))).toEqual(['four']);
  }
});

verifies('restart:flagged', async (room) => {
  const [, alpha, bravo, charlie] = await room.talk({ retention: 'full' }, 'alpha', 'bravo', 'charlie');
  for (const text of ['one', 'two']) await alpha.say(text);
  expect(marked(await bravo.listen({ limit: 1 }))).toEqual(['one']);
  const tape = charlie.stream();
  await tape.take(2);
  await room.restart('crash');
  expect(marked(await bravo.listen({ since: 0 }))).toEqual(['(one)', 'two']);
  expect(marked(await charlie.listen({ since: 0 }))).toEqual(['(one)', '(two)']);
  await tape.close();
});

verifies('restart:texts-lost', async (room) => {
  const talk = async (retention: string) => {
    const [channel, alpha, bravo, charlie] = await room.talk({ retention }, 'alpha', 'bravo', 'charlie');
    for (const text of ['one', 'two']) await alpha.say(text);
    await alpha.send('bravo', 'three');
    const { cursor } = await charlie.listen();
    await charlie.listen({ since: cursor });
    await bravo.listen({ limit: 1 });
    await bravo.send('charlie', 'not for bravo');
    await bravo.say('its own');
    await alpha.send('delta', 'not here yet');
    return { channel, alpha, bravo, charlie, cursor };
  };
  for (const how of ENDS) {
    const talks = await Promise.all(['none', 'metadata', 'prompts'].map(talk));
    await room.pass(1000);
    await room.restart(how);
    for (const { channel, alpha, bravo, charlie, cursor } of talks) {
      expect(await channel.history()).toEqual([]);
      const gap = { reason: 'rotated', missed_at_most: 3, oldest: null };
      expect(await bravo.rejoin()).toMatchObject({ gap, pending: 0, unconfirmed: [] });
      const heard = await bravo.listen({ timeout: 30, since: bravo.joined.cursor });
      expect(heard).toMatchObject({ gap, messages: [], timed_out: false });
      expect((await bravo.listen({ since: heard.cursor })).gap).toBeNull();
      expect((await charlie.listen({ since: cursor })).gap).toEqual({ ...gap, missed_at_most: 2 });
      // Asking for what it has confirmed, it is told that this is gone as well: one more, and perhaps others'.
      expect((await charlie.listen({ since: 1 })).gap?.missed_at_most).toBeGreaterThanOrEqual(3);
      expect((await channel.join('delta')).gap).toEqual({ ...gap, missed_at_most: 1 });
      // Alpha had its own words only; bravo's broadcast is the one it never heard.
      expect((await alpha.rejoin()).gap).toEqual({ ...gap, missed_at_most: 1 });
      await alpha.say('life goes on');
      expect(texts(await bravo.listen({ since: heard.cursor }))).toEqual(['life goes on']);
    }
  }
});

verifies('restart:rolled-back', async (room) => {
  const backup = `${room.directory}-backup`;
  try {
    const [, alpha, bravo, charlie] = await room.talk({ retention: 'full' }, 'alpha', 'bravo', 'charlie');
    await alpha.say('one');
    const { cursor: kept } = await charlie.listen();
    await room.restart('stop', 0, () => cpSync(room.directory, backup, { recursive: true }));
    for (const text of ['two', 'three']) await alpha.say(text);
    const { cursor } = await bravo.listen({ since: 0 });
    await room.restart('stop', 0, () => {
      rmSync(room.directory, { recursive: true });
      cpSync(backup, room.directory, { recursive: true });
    });
    const rewound = { reason: 'rewound', missed_at_most: null, oldest: 1 };
    // Nobody has spoken yet: the id was never issued.
    const again = await bravo.listen({ since: cursor });
    expect(again.gap).toEqual(rewound);
    // It had been given this one, which the backup does not know.
    expect(marked(again)).toEqual(['(one)']);
    // The ids are issued again, for other words.
    for (const text of ['other two', 'other three', 'other four']) await alpha.say(text);
    const heard = await bravo.listen({ since: cursor });
    expect(heard.gap).toEqual(rewound);
    expect(texts(heard)).toEqual(['one', 'other two', 'other three', 'other four']);
    expect((await bravo.listen({ since: heard.cursor })).gap).toBeNull();
    // Who has heard nothing that is gone goes on.
    expect(await charlie.listen({ since: kept })).toMatchObject({ gap: null, after: kept });
    // A session of the time before the backup lives, one of after it does not.
    expect((await alpha.rejoin()).resumed).toBe(true);
  } finally {
    rmSync(backup, { recursive: true, force: true });
  }
});
