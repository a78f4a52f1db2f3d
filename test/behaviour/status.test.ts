/** Statuses: short notes to whoever is listening now. */
import { expect } from 'vitest';
import { marked, texts } from '../harness/agent.ts';
import { refused } from '../harness/refused.ts';
import { verifies } from '../harness/verifies.ts';

const STATUS = { kind: 'status' };

verifies('send:status', async (room) => {
  const [channel, alpha, bravo, charlie] = await room.talk({ retention: 'full' }, 'alpha', 'bravo', 'charlie');
  await alpha.say('one');
  await bravo.listen();
  const parked = await bravo.park();
  const sent = await alpha.say('building', STATUS);
  expect(sent).toMatchObject({ id: 2, recipients: [{ callsign: 'bravo', state: 'delivered', presence: 'listening' }], recipient_count: 1 });
  const heard = await parked.answer;
  expect(heard.messages).toMatchObject([{ id: 2, from: 'alpha', to: 'all', text: 'building', kind: 'status' }]);
  expect(heard).toMatchObject({ timed_out: false, gap: null });
  // It is nowhere but in the roster.
  expect(texts({ messages: await channel.history() })).toEqual(['one']);
  expect(texts(await charlie.listen())).toEqual(['one']);
  expect(texts(await bravo.listen({ since: 0 }))).toEqual(['one']);
  const withStatus = (await channel.roster()).map(({ callsign, status }) => [callsign, status]);
  expect(withStatus).toEqual([
    ['alpha', 'building'],
    ['bravo', undefined],
    ['charlie', undefined],
  ]);
  await alpha.say('testing', STATUS);
  expect((await channel.roster())[0]).toMatchObject({ status: 'testing' });
  // A sender does not hear itself.
  const own = await alpha.park({ since: 'latest' });
  await alpha.say('still testing', STATUS);
  expect(room.hub.waiters.count).toBe(1);
  own.goAway();
  await room.parked(0);
  const direct = await bravo.park({ since: 'latest' });
  expect((await alpha.send('bravo', 'for you', STATUS)).recipients).toMatchObject([{ callsign: 'bravo', state: 'delivered' }]);
  expect(texts(await direct.answer)).toEqual(['for you']);
});

verifies('send:status-copies', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const text of ['building', 'testing']) {
    const parked = [await bravo.park(), await bravo.park(), await bravo.park()];
    expect((await alpha.say(text, STATUS)).recipients).toMatchObject([{ callsign: 'bravo', state: 'delivered' }]);
    const heard = await Promise.all(parked.map(async ({ answer }) => marked(await answer)));
    expect(heard.flat().sort()).toEqual([`(${text})`, `(${text})`, text]);
  }
});

verifies('send:status-unheard', { limits: 'ringMessages=2,mailboxes=3' }, async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await alpha.say('one');
  for (let i = 0; i < 5; i++) expect(await alpha.say(`status ${i}`, STATUS)).toMatchObject({ recipients: [], recipient_count: 0 });
  await alpha.say('two');
  const heard = await bravo.listen();
  expect(texts(heard)).toEqual(['one', 'two']);
  expect(heard.gap).toBeNull();
  // Statuses to callsigns that nobody has take no mailbox away from who comes.
  for (const to of ['x1', 'x2', 'x3']) expect((await alpha.send(to, 'anybody?', STATUS)).recipients).toEqual([]);
  const charlie = await channel.join('charlie');
  expect(charlie).toMatchObject({ pending: 0, gap: null });
});

verifies('send:status-size', async (room) => {
  const [, alpha] = await room.talk({}, 'alpha');
  await alpha.say('x'.repeat(280), STATUS);
  await alpha.say('é'.repeat(140), STATUS);
  await refused(alpha.say('x'.repeat(281), STATUS), 'message_too_large');
  await refused(alpha.say('é'.repeat(141), STATUS), 'message_too_large');
});
