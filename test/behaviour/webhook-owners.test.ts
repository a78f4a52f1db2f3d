/** What owners do, and what becomes of the webhooks of their channel. */
import { expect } from 'vitest';
import { done, receives, tried } from '../harness/hooks.ts';
import { answering } from '../harness/receiver.ts';
import { refused } from '../harness/refused.ts';
import { verifies } from '../harness/verifies.ts';

verifies('hook:owner', async (room) => {
  for (const erase of [false, true]) {
    const receiver = await receives(room);
    const channel = await room.channel({ retention: 'full' });
    const [alpha] = await channel.agents('alpha', 'bravo');
    const { webhook_id: id } = await channel.createWebhook({
      url: receiver.url,
      events: ['message.created', 'member.left', 'channel.closed'],
    });
    await channel.owner.kick('bravo');
    await channel.owner.kick('bravo');
    await alpha.say('the last words');
    await done(channel, id, 2);
    await channel.owner.close({ erase });
    await receiver.has(3);
    expect(receiver.received.map(({ body }) => [body.type, body.data.member ?? body.data.message?.text ?? body.data.reason])).toEqual([
      ['member.left', { callsign: 'bravo', reason: 'kicked' }],
      ['message.created', 'the last words'],
      ['channel.closed', 'closed'],
    ]);
    await refused(channel.webhooks(), 'unauthorized');
    await refused(channel.owner.createWebhook({ url: receiver.url }), 'unauthorized');
  }
});

verifies('hook:rotated', async (room) => {
  const [leaked, kept] = [await receives(room), await receives(room)];
  const channel = await room.channel();
  const { webhook_id: id } = await channel.createWebhook({ url: leaked.url });
  const { webhook_id: owned } = await channel.owner.createWebhook({ url: kept.url });
  const alpha = await channel.agent('alpha');
  await alpha.say('before');
  await done(channel, id, 1);
  await kept.has(1);
  // Waits for another try when the token is changed.
  leaked.answer(answering(500));
  await alpha.say('waits');
  await leaked.has(2);
  await kept.has(2);
  await tried(channel, id, 1);
  const { join_token } = await channel.owner.rotate();
  const anew = channel.renewed(join_token);
  const state = async () => (await anew.webhooks()).map(({ webhook_id, state, reason }) => ({ webhook_id, state, reason }));
  const stands = [
    { webhook_id: id, state: 'disabled', reason: expect.stringContaining('the join token was changed') },
    { webhook_id: owned, state: 'armed', reason: null },
  ];
  expect(await state()).toEqual(stands);
  const [newest] = await anew.deliveries(id);
  expect(newest).toMatchObject({ state: 'failed', next_attempt_at: null, reason: expect.stringContaining('disabled') });
  // What is made with the new token is as good as any, until the next one.
  const next = await receives(room);
  await anew.createWebhook({ url: next.url });
  const again = await anew.agent('alpha');
  await again.say('after');
  await kept.has(3);
  await next.has(1);
  await room.pass(60_000);
  expect(leaked.received).toHaveLength(2);
  await channel.owner.rotate();
  expect((await channel.owner.webhooks()).map(({ state }) => state)).toEqual(['disabled', 'armed', 'disabled']);
});
