/** Many deliveries under way at once: no word on standard error that is not the hub's own. */
import { expect, test } from 'vitest';
import { openHub } from '../discovery/hub.ts';
import { receives } from '../harness/hooks.ts';
import { hanging } from '../harness/receiver.ts';
import { turns } from '../harness/until.ts';

test('no number of deliveries under way looks like a leak to Node', async () => {
  const warnings: string[] = [];
  const hear = ({ name }: Error): void => void warnings.push(name);
  process.on('warning', hear);
  const room = await openHub();
  try {
    const receiver = await receives(room, hanging);
    for (let i = 0; i < 2; i++) {
      const [channel, alpha] = await room.talk({}, 'alpha');
      for (let hook = 0; hook < 6; hook++) await channel.createWebhook({ url: receiver.url });
      await alpha.say('to all of them');
    }
    await receiver.has(12);
    await turns();
    expect(warnings).toEqual([]);
  } finally {
    process.off('warning', hear);
    await room.close();
  }
});
