/**
 * Speaking to callsigns: seats, answers, tasks and their states, over every engine.
 * Proves R-A2A-4, R-A2A-5, R-A2A-6, R-A2A-7, R-A2A-8, R-A2A-9, R-A2A-10, R-A2A-11.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ENGINES } from '../harness/engines.ts';
import { type Channel, Room } from '../harness/room.ts';
import { rest } from '../harness/transports/rest.ts';
import { Caller, numberOf, textsOf } from './talk.ts';

describe.each(ENGINES)('$name', (engine) => {
  let room: Room;
  let channel: Channel;
  let caller: Caller;
  beforeEach(async () => {
    room = await Room.open(rest, engine);
    channel = await room.channel();
    caller = new Caller(channel);
  });
  afterEach(() => room.close());

  describe('R-A2A-4: seats', () => {
    test('a caller gets the seat of its callsign and keeps it; joining otherwise finds the same', async () => {
      await caller.ask('bravo', 'One.');
      await caller.ask('bravo', 'Two.');
      expect((await channel.roster()).map(({ callsign }) => callsign)).toEqual(['caller']);
      expect((await channel.join('caller')).resumed).toBe(true);
      expect((await channel.history()).map(({ from, to, text }) => [from, to, text])).toEqual([
        ['caller', 'bravo', 'One.'],
        ['caller', 'bravo', 'Two.'],
      ]);
    });

    test('the same messageId again is the same message, and another text under it a conflict', async () => {
      const first = await caller.ask('bravo', 'Once.', { messageId: 'fixed' });
      expect((await caller.ask('bravo', 'Once.', { messageId: 'fixed' })).id).toBe(first.id);
      await expect(caller.ask('bravo', 'Twice.', { messageId: 'fixed' })).rejects.toMatchObject({
        data: [{ metadata: { code: 'idempotency_conflict' } }],
      });
      expect(await channel.history()).toHaveLength(1);
    });

    test('a channel that asks for identities takes their key in the metadata', async () => {
      const strict = await room.channel({ require_identity: true });
      const { identity_key } = await room.anyone().createIdentity();
      const other = new Caller(strict);
      await expect(other.ask('bravo', 'Who am I?')).rejects.toMatchObject({ data: [{ metadata: { code: 'identity_required' } }] });
      const metadata = { from: 'caller', to: 'bravo', identity_key };
      const task = await other.ask('bravo', 'I am me.', { metadata });
      expect(task.history[0].metadata.sender).toEqual({ verified: true, authorized: false });
      expect(JSON.stringify(task)).not.toContain(identity_key);
      // The seat is bound: the token alone speaks for it no more, not even to cancel.
      await expect(other.cancel(task.id)).rejects.toMatchObject({ data: [{ metadata: { code: 'identity_required' } }] });
      expect(await other.call('CancelTask', { id: task.id, metadata: { identity_key } })).toMatchObject({
        status: { state: 'TASK_STATE_CANCELED' },
      });
    });
  });

  test('R-A2A-4: a key in the metadata of the request counts as well as one beside the names', async () => {
    const { identity_key } = await room.anyone().createIdentity();
    const { message } = caller.message('bravo', 'Who am I?');
    const { task } = await caller.call('SendMessage', {
      ...{ message, metadata: { identity_key, from: 'somebody-else' } },
      configuration: { returnImmediately: true },
    });
    expect(task.history[0].metadata).toMatchObject({ from: 'caller', sender: { verified: true } });
  });

  test('R-A2A-5: text and data become one text; files are refused', async () => {
    const parts = [{ text: 'Look:', mediaType: 'text/markdown' }, { data: { green: true } }];
    const task = await caller.ask('bravo', '', { parts });
    expect(textsOf(task.history)).toEqual(['Look:\n{"green":true}']);
    for (const part of [{ url: 'https://x.example/a.png' }, { raw: 'AAAA' }, { text: 'x', mediaType: 'image/svg+xml' }]) {
      await expect(caller.ask('bravo', '', { parts: [part] })).rejects.toMatchObject({ rpc: -32005 });
    }
    expect(await channel.history()).toHaveLength(1);
  });

  describe('R-A2A-6: answers', () => {
    test('one that comes while it is waited for is a message', async () => {
      const bravo = await channel.agent('bravo');
      const answer = caller.call('SendMessage', caller.message('bravo', 'Green?'));
      await room.parked(1);
      const { messages } = await bravo.listen();
      expect(messages).toMatchObject([{ from: 'caller', to: 'bravo', text: 'Green?' }]);
      // What is no answer is not taken for one.
      await bravo.send('caller', 'Unrelated.');
      await bravo.send('charlie', 'To somebody else.', { reply_to: messages[0]!.id });
      const charlie = await channel.agent('charlie');
      await charlie.send('caller', 'Not mine to answer.', { reply_to: messages[0]!.id });
      // Nobody finds a status later, so it would complete a task that goes on.
      await bravo.send('caller', 'Looking…', { kind: 'status', reply_to: messages[0]!.id });
      await room.parked(1);
      await bravo.send('caller', 'All green.', { reply_to: messages[0]!.id });
      const { message, task } = await answer;
      expect(task).toBeUndefined();
      expect(message).toMatchObject({
        role: 'ROLE_AGENT',
        contextId: `${channel.id}.caller.bravo`,
        parts: [{ text: 'All green.' }],
        metadata: { from: 'bravo', to: 'caller', reply_to: 1, sender: { verified: false, authorized: false } },
      });
      expect(message.messageId).toMatch(/\S/);
    });

    test('one that is there already is given at once, also to all', async () => {
      const bravo = await channel.agent('bravo');
      const params = caller.message('bravo', 'Green?', { messageId: 'fixed' });
      const { task } = await caller.call('SendMessage', { ...params, configuration: { returnImmediately: true } });
      await bravo.send('all', 'Green, everybody.', { reply_to: numberOf(task) });
      const again = await caller.call('SendMessage', params);
      expect(textsOf([again.message])).toEqual(['Green, everybody.']);
    });

    test('one that takes too long leaves a task', async () => {
      const answer = caller.call('SendMessage', caller.message('bravo', 'Green?'));
      await room.parked(1);
      await room.pass(24_000);
      await room.parked(1);
      await room.pass(1_000);
      expect((await answer).task).toMatchObject({ status: { state: 'TASK_STATE_SUBMITTED' }, artifacts: [] });
      await room.parked(0);
    });

    test('a caller that goes away leaves nobody waiting', async () => {
      const gone = new AbortController();
      const answer = caller.call('SendMessage', caller.message('bravo', 'Green?'), { signal: gone.signal });
      answer.catch(() => {});
      await room.parked(1);
      gone.abort();
      await expect(answer).rejects.toThrow();
      await room.parked(0);
    });

    test('waiting touches no mailbox: whoever has the seat hears everything otherwise', async () => {
      const bravo = await channel.agent('bravo');
      const task = await caller.ask('bravo', 'Green?');
      await bravo.send('caller', 'All green.', { reply_to: numberOf(task) });
      expect(await caller.state(task.id)).toBe('COMPLETED');
      const seat = await channel.agent('caller');
      expect(seat.joined).toMatchObject({ pending: 1, unconfirmed: [] });
      expect((await seat.listen()).messages).toMatchObject([{ text: 'All green.' }]);
    });

    test('a hub that goes down answers with the task', async () => {
      const answer = caller.call('SendMessage', caller.message('bravo', 'Green?'));
      await room.parked(1);
      room.hub.close();
      expect((await answer).task.status.state).toBe('TASK_STATE_SUBMITTED');
    });
  });

  describe('R-A2A-7: states', () => {
    test('submitted until the addressee was given it, then working, then completed', async () => {
      const task = await caller.ask('bravo', 'Green?');
      expect(task.status.state).toBe('TASK_STATE_SUBMITTED');
      const bravo = await channel.agent('bravo');
      expect(await caller.state(task.id)).toBe('SUBMITTED');
      await bravo.listen();
      expect(await caller.state(task.id)).toBe('WORKING');
      await bravo.send('caller', 'Yes.', { reply_to: numberOf(task) });
      const { at } = await bravo.send('caller', 'And more.', { reply_to: numberOf(task) });
      const done = await caller.task(task.id);
      expect(done).toMatchObject({ id: task.id, contextId: task.contextId, status: { state: 'TASK_STATE_COMPLETED' } });
      expect(textsOf(done.artifacts)).toEqual(['Yes.', 'And more.']);
      expect(textsOf(done.history)).toEqual(['Green?', 'Yes.', 'And more.']);
      expect(done.history.map(({ role }: { role: string }) => role)).toEqual(['ROLE_USER', 'ROLE_AGENT', 'ROLE_AGENT']);
      expect(done.status.timestamp <= at).toBe(true);
    });

    test('a message to all is answered by anybody', async () => {
      const bravo = await channel.agent('bravo');
      const task = await caller.ask('all', 'Anybody?');
      await bravo.listen();
      expect(await caller.state(task.id)).toBe('WORKING');
      await bravo.send('all', 'Here.', { reply_to: numberOf(task) });
      expect(await caller.state(task.id)).toBe('COMPLETED');
    });

    test('failed when it left the ring before anybody heard it', async () => {
      const task = await caller.ask('bravo', 'Hello?');
      const noisy = await channel.agent('noisy');
      for (let i = 0; i < 100; i++) await noisy.send('caller', `Noise ${i}.`);
      expect(await caller.task(task.id)).toMatchObject({
        id: task.id,
        status: { state: 'TASK_STATE_FAILED', message: { role: 'ROLE_AGENT' } },
      });
      await expect(caller.cancel(task.id)).rejects.toMatchObject({ rpc: -32002 });
      await expect(caller.ask('bravo', 'Still there?', { taskId: task.id })).rejects.toMatchObject({ rpc: -32004 });
    });

    test('history is cut to what was asked for', async () => {
      const bravo = await channel.agent('bravo');
      const task = await caller.ask('bravo', 'Green?');
      await bravo.send('caller', 'Yes.', { reply_to: numberOf(task) });
      expect(textsOf((await caller.task(task.id, { historyLength: 1 })).history)).toEqual(['Yes.']);
      expect(await caller.task(task.id, { historyLength: 0 })).not.toHaveProperty('history');
      await expect(caller.task(task.id, { historyLength: -1 })).rejects.toMatchObject({ rpc: -32602 });
    });
  });

  describe('R-A2A-8: ids', () => {
    test('what is no question of this channel is not found, alike for all', async () => {
      const bravo = await channel.agent('bravo');
      const task = await caller.ask('bravo', 'Green?');
      const { id } = await bravo.send('caller', 'Yes.', { reply_to: numberOf(task) });
      const other = new Caller(await room.channel());
      const theirs = await other.ask('bravo', 'Elsewhere.');
      const messages = new Set<string>();
      for (const wrong of [`${channel.id}.${id}`, `${channel.id}.99`, theirs.id, 'nonsense', `${channel.id}.0`, `${channel.id}.x`]) {
        const error = await caller.task(wrong).then(
          () => null,
          (reason: { rpc: number; message: string }) => reason,
        );
        expect(error, wrong).toMatchObject({ rpc: -32001 });
        messages.add(error?.message ?? '');
      }
      expect(messages.size).toBe(1);
    });

    test('one that was heard and left the ring is not found, and says why', async () => {
      const bravo = await channel.agent('bravo');
      const task = await caller.ask('bravo', 'Hello?');
      await bravo.listen();
      for (let i = 0; i < 100; i++) await bravo.send('caller', `Noise ${i}.`);
      await expect(caller.task(task.id)).rejects.toMatchObject({ rpc: -32001, message: expect.stringContaining('left the ring') });
    });

    const durable = engine.offers.includes('durable');
    test(`a task is ${durable ? 'the same' : 'gone'} after a restart`, async () => {
      const full = await room.channel({ retention: 'full' });
      const asker = new Caller(full);
      const bravo = await full.agent('bravo');
      const task = await asker.ask('bravo', 'Green?');
      await bravo.send('caller', 'Yes.', { reply_to: numberOf(task) });
      const before = await asker.task(task.id);
      await room.restart();
      if (durable) expect(await asker.task(task.id)).toEqual(before);
      else await expect(asker.task(task.id)).rejects.toMatchObject({ data: [{ metadata: { code: 'unauthorized' } }] });
    });
  });

  describe('R-A2A-9: contexts and follow-ups', () => {
    test('a context says who speaks to whom', async () => {
      const first = await caller.ask('bravo', 'One.');
      const second = await caller.ask('bravo', 'Two.', { contextId: first.contextId, metadata: {} });
      expect(second.contextId).toBe(first.contextId);
      expect(second.metadata).toMatchObject({ from: 'caller', to: 'bravo' });
      for (const more of [{ contextId: 'made-up' }, { contextId: first.contextId, metadata: { from: 'caller', to: 'charlie' } }]) {
        await expect(caller.ask('bravo', 'Three.', more)).rejects.toMatchObject({ rpc: -32602 });
      }
      expect(await channel.history()).toHaveLength(2);
    });

    test('a message with a task goes on with it, and an answer to it answers the task', async () => {
      const bravo = await channel.agent('bravo');
      const task = await caller.ask('bravo', 'Green?');
      const more = await caller.ask('bravo', 'On main, I mean.', { taskId: task.id, metadata: {} });
      expect(more).toMatchObject({ id: task.id, status: { state: 'TASK_STATE_SUBMITTED' } });
      const [, followUp] = await channel.history();
      expect(followUp).toMatchObject({ reply_to: numberOf(task), from: 'caller', to: 'bravo' });
      await bravo.send('caller', 'Main is green.', { reply_to: followUp!.id });
      const done = await caller.task(task.id);
      expect(textsOf(done.history)).toEqual(['Green?', 'On main, I mean.', 'Main is green.']);
      expect(done.status.state).toBe('TASK_STATE_COMPLETED');
      await expect(caller.ask('bravo', 'Thanks.', { taskId: task.id })).rejects.toMatchObject({
        rpc: -32004,
        message: expect.stringContaining('GetTask'),
      });
      await expect(caller.ask('bravo', 'Hm.', { taskId: `${channel.id}.99` })).rejects.toMatchObject({ rpc: -32001 });
    });

    test('a context that is not the task’s is refused', async () => {
      const task = await caller.ask('bravo', 'One.');
      const other = await caller.ask('charlie', 'Two.');
      await expect(caller.ask('bravo', 'Three.', { taskId: task.id, contextId: other.contextId })).rejects.toMatchObject({ rpc: -32602 });
    });
  });

  describe('R-A2A-10: lists', () => {
    test('every question that the channel holds, newest news first, without artifacts unless asked for', async () => {
      const bravo = await channel.agent('bravo');
      const asked = [];
      for (const text of ['One.', 'Two.', 'Three.']) {
        await room.pass(1_000);
        asked.push(await caller.ask('bravo', text));
      }
      await room.pass(1_000);
      await bravo.send('caller', 'One it is.', { reply_to: numberOf(asked[0]) });
      await bravo.send('all', 'x', { kind: 'status' });
      const ids = asked.map(({ id }) => id);
      const { tasks, ...rest } = await caller.list();
      expect(tasks.map(({ id }: { id: string }) => id)).toEqual([ids[0], ids[2], ids[1]]);
      expect(rest).toEqual({ nextPageToken: '', pageSize: 50, totalSize: 3 });
      for (const task of tasks) expect(task).not.toHaveProperty('artifacts');
      const completed = await caller.list({ status: 'TASK_STATE_COMPLETED', includeArtifacts: true, historyLength: 0 });
      expect(completed.tasks).toMatchObject([{ id: ids[0], artifacts: [{ parts: [{ text: 'One it is.' }] }] }]);
      expect(completed.tasks[0]).not.toHaveProperty('history');
      const since = await caller.list({ statusTimestampAfter: asked[2].status.timestamp });
      expect(since.tasks.map(({ id }: { id: string }) => id)).toEqual([ids[0], ids[2]]);
      const other = await new Caller(channel, 'delta').ask('bravo', 'Mine.');
      expect((await caller.list({ contextId: other.contextId })).tasks).toMatchObject([{ id: other.id }]);
    });

    test('pages follow each other and lose nothing', async () => {
      const ids: string[] = [];
      for (let i = 0; i < 7; i++) ids.unshift((await caller.ask('bravo', `Question ${i}.`)).id);
      const seen: string[] = [];
      let pageToken = '';
      do {
        const page = await caller.list({ pageSize: 3, pageToken });
        expect(page).toMatchObject({ pageSize: 3, totalSize: 7 });
        seen.push(...page.tasks.map(({ id }: { id: string }) => id));
        pageToken = page.nextPageToken;
      } while (pageToken !== '');
      expect(seen).toEqual(ids);
      for (const params of [
        { pageSize: 0 },
        { pageSize: 101 },
        { pageToken: 'x' },
        { statusTimestampAfter: 'soon' },
        { status: 'working' },
      ]) {
        await expect(caller.list(params)).rejects.toMatchObject({ rpc: -32602 });
      }
    });

    test('a channel that holds nothing has none', async () => {
      expect(await caller.list()).toEqual({ tasks: [], nextPageToken: '', pageSize: 50, totalSize: 0 });
      await room.parked(0);
    });

    test('a ring that holds more than one answer of the hub is read to its end', async () => {
      const large = await Room.open(rest, engine, { limits: 'ringMessages=300' });
      try {
        const wide = await large.channel();
        const asker = new Caller(wide);
        const first = await asker.ask('bravo', 'First.');
        const bravo = await wide.agent('bravo');
        for (let i = 0; i < 120; i++) await bravo.send('caller', `Noise ${i}.`);
        await bravo.send('caller', 'Last.', { reply_to: numberOf(first) });
        expect(textsOf((await asker.task(first.id)).artifacts)).toEqual(['Last.']);
        expect((await asker.list()).totalSize).toBe(121);
      } finally {
        await large.close();
      }
    });
  });

  describe('R-A2A-11: cancelling', () => {
    test('tells the addressee, once, and an answer that comes later changes nothing', async () => {
      const bravo = await channel.agent('bravo');
      const task = await caller.ask('bravo', 'Green?');
      expect(await caller.cancel(task.id)).toMatchObject({ id: task.id, status: { state: 'TASK_STATE_CANCELED' } });
      expect(await caller.cancel(task.id)).toMatchObject({ status: { state: 'TASK_STATE_CANCELED' } });
      const { messages } = await bravo.listen();
      expect(messages.map(({ reply_to }) => reply_to)).toEqual([undefined, numberOf(task)]);
      expect(messages[1]!.text).toContain('Cancelled');
      await bravo.send('caller', 'Green.', { reply_to: numberOf(task) });
      expect(await caller.state(task.id)).toBe('CANCELED');
      expect((await caller.list()).totalSize).toBe(1);
    });

    test('what was answered cannot be cancelled', async () => {
      const bravo = await channel.agent('bravo');
      const task = await caller.ask('bravo', 'Green?');
      await bravo.send('caller', 'Yes.', { reply_to: numberOf(task) });
      await expect(caller.cancel(task.id)).rejects.toMatchObject({ rpc: -32002 });
      await expect(caller.cancel(`${channel.id}.99`)).rejects.toMatchObject({ rpc: -32001 });
      expect(await channel.history()).toHaveLength(2);
    });

    test('words of cancelling that come after an answer change nothing', async () => {
      const bravo = await channel.agent('bravo');
      const task = await caller.ask('bravo', 'Green?');
      const { text } = await caller.cancel((await caller.ask('bravo', 'Other?')).id).then(async () => (await channel.history()).at(-1)!);
      await bravo.send('caller', 'Yes.', { reply_to: numberOf(task) });
      const seat = await channel.agent('caller');
      await seat.send('bravo', text.replace('#2', `#${numberOf(task)}`), { reply_to: numberOf(task) });
      expect(await caller.state(task.id)).toBe('COMPLETED');
    });

    test('a peer cannot cancel by saying so', async () => {
      const bravo = await channel.agent('bravo');
      const charlie = await channel.agent('charlie');
      const task = await caller.ask('bravo', 'Green?');
      const words = `Cancelled: nobody waits for an answer to #${numberOf(task)} any more.`;
      await charlie.send('bravo', words, { reply_to: numberOf(task) });
      expect(await caller.state(task.id)).toBe('SUBMITTED');
      await bravo.send('caller', words, { reply_to: numberOf(task) });
      expect(await caller.state(task.id)).toBe('COMPLETED');
    });
  });
});
