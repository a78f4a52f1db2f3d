/** What an owner did, after the hub ended and came back. */
import { expect } from 'vitest';
import { refused } from '../harness/refused.ts';
import { verifies } from '../harness/verifies.ts';

const RETENTIONS = ['none', 'metadata', 'prompts', 'full'] as const;

verifies('owner:restart', async (room) => {
  for (const retention of RETENTIONS) {
    for (const how of ['stop', 'crash'] as const) {
      const channel = await room.channel({ retention });
      const { identity_key } = await room.anyone().createIdentity();
      const [alpha, bravo] = await channel.agents('alpha', 'bravo');
      await channel.join('charlie', { identity_key });
      await channel.owner.kick('alpha');
      await channel.owner.kick('charlie', { ban: true });
      await channel.owner.kick('delta', { ban: true });
      await channel.owner.kick('delta', { ban: false });
      await channel.owner.pause();
      await room.restart(how);
      await refused(alpha.listen(), 'kicked');
      expect((await channel.roster()).map(({ callsign }) => callsign)).toEqual(['bravo']);
      await refused(channel.join('charlie', { identity_key }), 'kicked');
      await refused(channel.join('echo', { identity_key }), 'kicked');
      await channel.join('delta');
      await refused(bravo.say('x'), 'channel_paused');
      expect(await channel.info()).toMatchObject({ paused: true });
      await channel.owner.resume();
      const { join_token } = await channel.owner.rotate();
      await room.restart(how);
      await refused(bravo.listen(), 'unauthorized');
      await refused(channel.roster(), 'unauthorized');
      const renewed = channel.renewed(join_token);
      const back = await renewed.agent('bravo');
      expect(back.joined.resumed).toBe(false);
      await back.say('hello');
      await refused(renewed.join('charlie', { identity_key }), 'kicked');
    }
  }
});

verifies('owner:closed-restart', async (room) => {
  for (const how of ['stop', 'crash'] as const) {
    const [kept, gone] = [await room.channel({ retention: 'full' }), await room.channel({ retention: 'full' })];
    for (const channel of [kept, gone]) await (await channel.agent('alpha')).say('one');
    await kept.owner.close();
    await gone.owner.close({ erase: true });
    await room.restart(how);
    expect((await refused(kept.join('alpha'), 'unauthorized')).detail).toMatch(/closed/);
    expect((await kept.transcript()).events.map(({ type }) => type)).toEqual(['channel_created', 'join', 'message', 'close']);
    expect((await refused(gone.transcript(), 'unauthorized')).detail).not.toMatch(/closed/);
    await kept.owner.close({ erase: true });
    await room.restart(how);
    await refused(kept.transcript(), 'unauthorized');
    expect(await room.engine.channelCount()).toBe(0);
  }
});
