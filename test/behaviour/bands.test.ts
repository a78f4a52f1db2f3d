/** The public channels: open to everybody, so nobody's word. */
import { expect } from 'vitest';
import { texts } from '../harness/agent.ts';
import { refused } from '../harness/refused.ts';
import { verifies } from '../harness/verifies.ts';

const NAMES = ['general', 'help', 'random'];
const HUB_TOKEN = 'a-hub-token-of-some-length';
const ADMIN = 'an-admin-token-of-some-length';
const DAY = 86_400_000;
const TTL = 1_800_000;
const BANDS = { bands: true } as const;
const ELSEWHERE = '203.0.113.7';

verifies('band:list', BANDS, async (room) => {
  await room.band('help').join('alpha');
  const listed = await room.anyone().bands();
  expect(listed.map(({ channel_id, members, listening, paused }) => [channel_id, members, listening, paused])).toEqual([
    ['general', 0, 0, false],
    ['help', 1, 0, false],
    ['random', 0, 0, false],
  ]);
  for (const { channel_id, url, mcp_url, about } of listed) {
    expect(url).toBe(`${room.wire.origin}/api/channels/${channel_id}`);
    expect(mcp_url).toBe(`${room.wire.origin}/mcp/${channel_id}`);
    expect(about).not.toBe('');
  }
  expect(await room.engine.channelCount()).toBe(0);
});

verifies('band:none', async (room) => {
  expect(await room.anyone().bands()).toEqual([]);
  for (const name of NAMES) {
    await refused(room.band(name).join('alpha'), 'unauthorized');
    await refused(room.band(name).showing({ token: 'rt_join_x' }).join('alpha'), 'unauthorized');
  }
});

verifies('band:open', BANDS, async (room) => {
  for (const name of NAMES) {
    const band = room.band(name);
    const alpha = await band.agent('alpha');
    expect(alpha.joined).toMatchObject({ channel_id: name, trust_posture: 'untrusted', resumed: false });
    // Other tokens make no difference, and count as nothing.
    const bravo = await band.showing({ token: 'rt_join_whatever' }).join('bravo');
    expect(bravo.channel_id).toBe(name);
    const parked = await alpha.park();
    const watching = band.stream();
    await room.parked(2);
    await watching.next();
    await alpha.showing({ sessionId: bravo.session_id }).send('all', 'hello');
    expect(texts(await parked.answer)).toEqual(['hello']);
    expect((await watching.message()).message.text).toBe('hello');
    expect(await band.info()).toMatchObject({ channel_id: name, retention: 'none', trust_mode: 'untrusted', paused: false });
    expect(await band.roster()).toHaveLength(2);
    expect(await band.history()).toHaveLength(1);
    expect(await alpha.rejoin()).toMatchObject({ resumed: true, session_id: alpha.sessionId });
    await alpha.leave();
    await refused(alpha.listen(), 'not_joined');
    await refused(band.send('all', 'x'), 'not_joined');
    await watching.close();
  }
});

verifies('band:shared', { mode: 'shared', token: HUB_TOKEN, ...BANDS }, async (room) => {
  const alpha = await room.band('general').agent('alpha');
  await alpha.say('hello');
  for (const stranger of [room.anyone({ channelId: 'general' }), room.anyone({ channelId: 'general', hubToken: 'wrong' })]) {
    await refused(stranger.join('bravo'), 'unauthorized');
    await refused(stranger.roster(), 'unauthorized');
    await refused(stranger.bands(), 'unauthorized');
  }
  expect(await room.anyone({ hubToken: HUB_TOKEN }).bands()).toHaveLength(3);
});

verifies('band:untrusted', BANDS, async (room) => {
  const { identity_key } = await room.anyone().createIdentity();
  const band = room.band('general');
  const alpha = await band.agent('alpha', { identity_key });
  expect(alpha.joined.trust_posture).toBe('untrusted');
  await refused(band.join('bravo', { owner_password: 'correct horse battery' }), 'owner_password_wrong');
  const { id } = await alpha.say('hello');
  expect((await band.history()).find((message) => message.id === id)?.sender).toEqual({ verified: true, authorized: false });
  expect(await band.roster()).toMatchObject([{ verified: true, authorized: false }]);
});

verifies('band:callsign', BANDS, async (room) => {
  const [here, there] = [room.band('general'), room.band('general', ELSEWHERE)];
  const alpha = await here.agent('alpha');
  const taken = await refused(there.join('alpha'), 'callsign_taken');
  expect(taken.detail).toMatch(/Somebody else/);
  await refused(there.join('alpha', { new_identity: true }), 'callsign_taken');
  expect(await alpha.rejoin()).toMatchObject({ resumed: true });
  // Once it is over, the callsign is anybody's.
  await alpha.leave();
  expect(await there.join('alpha')).toMatchObject({ resumed: false });
  await refused(here.join('alpha'), 'callsign_taken');
  // An identity is the same agent, wherever it calls from.
  const { identity_key } = await room.anyone().createIdentity();
  const bravo = await here.agent('bravo', { identity_key });
  const moved = await there.agent('bravo', { identity_key });
  expect(moved.joined.resumed).toBe(false);
  await refused(bravo.listen(), 'not_joined');
  await moved.say('over there now');
  await refused(here.join('bravo'), 'callsign_taken');
});

verifies('band:limits', { mode: 'open', ...BANDS }, async (room) => {
  const band = room.band('random');
  const alpha = await band.agent('alpha');
  for (let i = 0; i < 10; i++) await alpha.say(`m${i}`);
  expect((await refused(alpha.say('too much'), 'rate_limited')).retryAfter).toBe(2);
  await room.pass(2000);
  await refused(alpha.say('x'.repeat(4 * 1024 + 1)), 'message_too_large');
  await alpha.say('x'.repeat(4 * 1024));
  for (let i = 0; i < 9; i++) await band.join(`agent-${i}`);
  expect((await refused(band.join('agent-10'), 'rate_limited')).retryAfter).toBeGreaterThan(0);
  // Who is here comes again as often as it likes, and others are not locked out.
  for (let i = 0; i < 3; i++) expect(await alpha.rejoin()).toMatchObject({ resumed: true });
  await room.band('random', ELSEWHERE).join('elsewhere');
  const ordinary = await room.channel();
  for (let i = 0; i < 12; i++) await ordinary.join(`agent-${i}`);
});

verifies('band:no-mail', BANDS, async (room) => {
  const alpha = await room.band('general').agent('alpha');
  const told = await refused(alpha.send('nobody', 'x'), 'invalid_to');
  expect(told.hint).toMatch(/roster/);
  await room.band('general').join('bravo');
  await alpha.send('bravo', 'hello');
});

verifies('band:stays', { limits: 'mailboxes=3,channels=1', ...BANDS }, async (room) => {
  // Bands take no channel's place.
  await room.channel();
  const { identity_key } = await room.anyone().createIdentity();
  const band = room.band('general');
  await band.join('alpha');
  await band.join('bound', { identity_key });
  await band.join('third');
  await refused(band.join('fourth'), 'hub_full');
  const pass = async (ms: number): Promise<void> => {
    await room.pass(ms - 60_000);
    for (let i = 0; i < 2; i++) await room.pass(30_000);
  };
  await pass(DAY + TTL);
  await pass(60_000);
  expect((await band.roster()).map(({ callsign }) => callsign)).toEqual(['bound']);
  await band.join('fourth');
  await refused(band.join('bound'), 'callsign_taken');
  await pass(6 * DAY);
  await pass(DAY);
  expect(await room.anyone().bands()).toHaveLength(3);
  expect(await band.roster()).toEqual([]);
  await band.join('bound');
});

verifies('band:restart', BANDS, async (room) => {
  for (const how of ['stop', 'crash'] as const) {
    const band = room.band('general');
    const gone = await band.agent(`gone-${how}`);
    await room.pass(DAY);
    const alpha = await band.agent(`alpha-${how}`);
    await room.pass(TTL + 30_000);
    await room.pass(30_000);
    await alpha.rejoin();
    const { id } = await (await alpha.back()).say('before');
    await room.restart(how);
    const back = await alpha.back();
    expect(back.joined.resumed).toBe(true);
    expect((await back.say('after')).id).toBeGreaterThan(id);
    expect((await band.roster()).map(({ callsign }) => callsign)).not.toContain(gone.callsign);
    expect(await room.engine.channelCount()).toBe(0);
    // A seat that was given up and is taken again at once is there, as any other.
    await (await gone.back()).say('again');
    await room.restart(how);
    expect((await gone.back()).joined.resumed).toBe(true);
    await room.pass(2 * DAY);
    await room.pass(30_000);
  }
});

verifies('band:operator', { adminToken: ADMIN, ...BANDS }, async (room) => {
  const band = room.band('general');
  const alpha = await band.agent('alpha');
  const steps = (token: string | undefined) => {
    const caller = band.showing({ token });
    return [() => caller.pause(), () => caller.resume(), () => caller.kick('alpha'), () => caller.rotate(), () => caller.close()];
  };
  for (const token of [undefined, 'rt_owner_x', 'band 127.0.0.1']) for (const step of steps(token)) await refused(step(), 'unauthorized');
  const operator = band.showing({ token: ADMIN });
  await operator.pause();
  await refused(alpha.say('x'), 'channel_paused');
  await operator.resume();
  await operator.kick('alpha', { ban: true });
  await refused(alpha.say('x'), 'kicked');
  await refused(band.join('alpha'), 'kicked');
  await refused(operator.rotate(), 'bad_request');
  await refused(operator.close(), 'bad_request');
  await refused(operator.close({ erase: true }), 'bad_request');
  await band.join('bravo');
});
