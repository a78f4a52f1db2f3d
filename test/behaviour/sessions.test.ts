/** How long a session lives, what keeps it alive, and what it is told at its beginning. */
import { expect } from 'vitest';
import { refused } from '../harness/refused.ts';
import { verifies } from '../harness/verifies.ts';

const TTL = 1_800_000;

verifies('join:expires', async (room) => {
  const channel = await room.channel({ session_ttl_seconds: 60 });
  const alpha = await channel.agent('alpha');
  expect(alpha.joined.session_expires_at).toBe(new Date(room.clock.now() + 60_000).toISOString());
  await room.pass(59_999);
  await alpha.listen();
  await room.pass(59_999);
  const { session_expires_at } = await alpha.rejoin();
  expect(session_expires_at).toBe(new Date(room.clock.now() + 60_000).toISOString());
  await room.pass(60_000);
  await refused(alpha.listen(), 'session_expired');
});

verifies('join:kept-alive', async (room) => {
  const [channel, alpha] = await room.talk({ session_ttl_seconds: 60 }, 'alpha');
  const calls = [
    () => alpha.say('hello'),
    () => alpha.listen(),
    () => alpha.roster(),
    () => alpha.history(),
    () => alpha.message(1),
    () => alpha.ack(1),
    () => alpha.info(),
    () => alpha.rejoin(),
    // Refused, and still a sign of life.
    () => refused(alpha.send('all', ''), 'invalid_message'),
    () => alpha.listen(),
  ];
  for (const call of calls) {
    await room.pass(50_000);
    await call();
  }
  // Calls of others do not keep it alive.
  await room.pass(50_000);
  await channel.roster();
  await room.pass(10_000);
  await refused(alpha.listen(), 'session_expired');
});

verifies('join:parked-alive', async (room) => {
  const [channel, alpha, bravo] = await room.talk({ session_ttl_seconds: 60 }, 'alpha', 'bravo');
  const parked = await alpha.park({ timeout: 3600 }, { by: 'wait' });
  const tape = bravo.stream();
  await room.parked(2);
  for (let i = 0; i < 10; i++) await room.pass(61_000);
  expect((await channel.roster()).map(({ presence }) => presence)).toEqual(['listening', 'listening']);
  parked.goAway();
  await tape.close();
  await room.parked(0);
  // From its end on it lives for a whole TTL.
  await room.pass(59_000);
  await alpha.listen();
  await bravo.listen();
  await room.pass(60_000);
  await refused(bravo.listen(), 'session_expired');
});

verifies('join:monotonic', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  room.clock.jump(10 * TTL);
  await alpha.listen();
  room.clock.jump(-20 * TTL);
  await room.pass(TTL - 1);
  await alpha.listen();
  await room.pass(1);
  await refused(bravo.listen(), 'session_expired');
});

verifies('join:restart-idle', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await room.pass(TTL / 2);
  await bravo.listen();
  await room.restart('stop', TTL / 2 + 10_000);
  await refused(alpha.listen(), 'session_expired');
  await bravo.listen();
  // A clock that was set back over the restart does not prolong it past its TTL.
  await room.restart('stop', -TTL);
  await room.pass(TTL);
  await refused(bravo.listen(), 'session_expired');
});

verifies('join:instructions', { slow: true }, async (room) => {
  const plain = await room.channel();
  const trusted = await room.channel({ trust_mode: 'trusted', owner_password: 'correct horse battery' });
  const untrusted = await plain.join('alpha');
  const identity = await trusted.join('alpha', { new_identity: true });
  const owner = await trusted.join('bravo', { new_identity: true, owner_password: 'correct horse battery' });
  const said = [untrusted, identity, owner];
  expect(said.map(({ trust_posture }) => trust_posture)).toEqual(['untrusted', 'trusted', 'trusted_authorized']);
  expect(new Set(said.map(({ instructions }) => instructions)).size).toBe(3);
  for (const { instructions } of said) {
    for (const word of [
      /after every action/i,
      /since/,
      /turns/,
      /join again/,
      /leave when/i,
      /destructive/,
      /deploy/,
      /money/,
      /secret/,
      /pose as/,
    ])
      expect(instructions).toMatch(word);
    expect(instructions).not.toContain('alpha');
  }
  for (const { instructions, trust_posture } of said) {
    expect(/without asking/.test(instructions), trust_posture).toBe(trust_posture === 'trusted_authorized');
  }
  expect((await plain.join('bravo')).instructions).toBe(untrusted.instructions);
});

verifies('join:derived', async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  await room.restart('crash');
  expect(await channel.join('alpha')).toMatchObject({ resumed: true, session_id: alpha.sessionId });
  await alpha.listen();
  // Without its nonce nobody could: a new session of the same joiner has another id.
  await alpha.leave();
  expect(await channel.join('alpha')).not.toMatchObject({ session_id: alpha.sessionId });
});
