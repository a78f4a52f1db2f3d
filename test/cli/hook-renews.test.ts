/** A hook that looked at its seat long ago: what others remember of the seat since stays. */
import { expect } from 'vitest';
import { mailNow } from '../../src/cli/hooks/waiting.ts';
import { Profiles } from '../../src/cli/profiles.ts';
import { ENGINES } from '../harness/engines.ts';
import { temporaryDirectory } from '../harness/process.ts';
import { Room } from '../harness/room.ts';
import { rest } from '../harness/transports/rest.ts';
import { verifies } from '../harness/verifies.ts';

verifies.once('hook:renews', async () => {
  const room = await Room.open(rest, ENGINES[0]!);
  try {
    const [channel, alpha, bravo] = await room.talk({ session_ttl_seconds: 60 }, 'alpha', 'bravo');
    const env = { ROGERTHAT_PROFILE_DIR: temporaryDirectory() };
    const profiles = new Profiles(env);
    const hub = `http://127.0.0.1:${room.http.port}`;
    const { id: channelId } = channel;
    const { token, sessionId } = alpha.proofs;
    profiles.keepSeat(hub, { channelId, token, callsign: 'alpha', sessionId: sessionId ?? '', cursor: '0' });
    const [asItWas] = profiles.seats();
    await bravo.say('heard since', { to: 'alpha' });
    profiles.keepSeat(hub, { ...asItWas!, cursor: '1' });
    const [newer] = profiles.seats();
    room.clock.advance(61_000);
    // The client of the hook names its session; the seat was joined without one.
    const ofHook = new Profiles({ ...env, CLAUDE_CODE_SESSION_ID: 'another' });
    expect(await mailNow(asItWas!, ofHook, new AbortController().signal)).not.toBe(null);
    const [renewed] = profiles.seats();
    expect(renewed?.sessionId).not.toBe(sessionId);
    expect(renewed).toEqual({ ...newer, sessionId: renewed?.sessionId });
    expect(renewed?.owner).toBe(undefined);

    // Given up meanwhile, it does not come back.
    profiles.dropSeat(asItWas!);
    room.clock.advance(61_000);
    await mailNow(renewed!, ofHook, new AbortController().signal);
    expect(profiles.seats()).toEqual([]);
  } finally {
    await room.close();
  }
});
