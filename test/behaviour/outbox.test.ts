/** What of webhooks is on disk, and comes back from there. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { done, receives, tried } from '../harness/hooks.ts';
import { answering, hanging } from '../harness/receiver.ts';
import { verifies } from '../harness/verifies.ts';

verifies('hook:restart', async (room) => {
  for (const how of ['stop', 'crash'] as const) {
    const receiver = await receives(room, hanging);
    const [channel, alpha] = await room.talk({ retention: 'full' }, 'alpha');
    const { webhook_id: id, secret: _, ...hook } = await channel.createWebhook({ url: receiver.url });
    await alpha.say('one');
    const [first] = await receiver.has(1);
    await alpha.say('two');
    // In the middle of an attempt; another one has not begun.
    receiver.answer(answering(200));
    await room.restart(how);
    await room.leasesEnd();
    const deliveries = await done(channel, id, 2);
    const again = receiver.received.slice(1);
    expect(receiver.texts).toEqual(['one', 'one', 'two']);
    expect([again[0]!.id, again[0]!.text]).toEqual([first!.id, first!.text]);
    expect(deliveries.map(({ delivery_id: one }) => one)).toEqual([again[1]!.id, first!.id]);
    await room.restart(how);
    expect(await channel.webhooks()).toEqual([{ webhook_id: id, ...hook }]);
    expect(await channel.deliveries(id)).toEqual(deliveries);
    await alpha.say('three');
    await done(channel, id, 3);
    expect(receiver.texts).toEqual(['one', 'one', 'two', 'three']);
  }
});

verifies('hook:retention', async (room) => {
  for (const retention of ['none', 'metadata', 'prompts', 'full'] as const) {
    const receiver = await receives(room, hanging);
    const [channel, alpha] = await room.talk({ retention }, 'alpha');
    await alpha.say('the first words are kept by prompts');
    const { webhook_id: id } = await channel.createWebhook({ url: receiver.url });
    const text = `${retention} says this to the hook`;
    await alpha.send('bravo', text, { reply_to: 1 });
    const [first] = await receiver.has(1);
    expect(room.bytesOnDisk().includes(text)).toBe(retention === 'full');
    receiver.answer(answering(200));
    await room.restart('crash');
    await room.leasesEnd();
    await done(channel, id, 1);
    const again = receiver.received[1]!;
    expect(again.id).toBe(first!.id);
    const { message } = first!.body.data;
    const kept = { none: { id: 2, text: null }, metadata: { ...message, text: null }, prompts: { ...message, text: null }, full: message };
    expect(again.body).toEqual({ ...first!.body, data: { channel_id: channel.id, message: kept[retention] } });
    expect(room.bytesOnDisk().includes(text)).toBe(retention === 'full');
  }
});

verifies('hook:lost-key', { trouble: 'expected' }, async (room) => {
  const receiver = await receives(room, answering(500));
  const [channel, alpha] = await room.talk({}, 'alpha', 'bravo');
  const { webhook_id: id, secret } = await channel.createWebhook({ url: receiver.url, callsign: 'bravo' });
  const inPlain = [secret, secret.slice('whsec_'.length), Buffer.from(secret.slice('whsec_'.length), 'base64').toString('latin1')];
  for (const form of inPlain) expect(room.bytesOnDisk().includes(form)).toBe(false);
  await alpha.say('one');
  await tried(channel, id, 1);
  await room.restart('stop', 0, () => rmSync(join(room.directory, 'secret.key')));
  await done(channel, id, 1);
  // Not at all rather than unsigned.
  expect(receiver.received).toHaveLength(1);
  const reason = 'its signing secret cannot be decrypted: the key of this hub was lost or changed';
  expect(await channel.webhooks()).toMatchObject([{ state: 'disabled', reason }]);
  expect(room.troubles.map(String)).toEqual([`Error: webhooks disabled: 1; ${reason}`]);
  expect((await channel.roster()).map(({ reach }) => reach)).toEqual([[], []]);
  expect(await channel.testWebhook(id)).toMatchObject({ delivered: false, status: null, reason });
  expect(receiver.received).toHaveLength(1);
  const { webhook_id: next } = await channel.createWebhook({ url: receiver.url });
  receiver.answer(answering(200));
  expect(await channel.testWebhook(next)).toMatchObject({ delivered: true });
});
