/**
 * The official client of the protocol, `@a2a-js/sdk`, finds the hub by its card and talks to a callsign.
 * Referees R-A2A-1, R-A2A-6, R-A2A-7, R-DISC-4.
 */
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Agent } from '../harness/agent.ts';
import { clientFile } from '../harness/clients.ts';
import { ENGINES } from '../harness/engines.ts';
import { type Channel, Room } from '../harness/room.ts';
import { rest } from '../harness/transports/rest.ts';

interface Part {
  readonly content: { readonly $case: string; readonly value: unknown };
}

interface Message {
  readonly messageId: string;
  readonly contextId: string;
  readonly role: number;
  readonly parts: readonly Part[];
  readonly metadata?: Readonly<Record<string, unknown>>;
}

interface Task {
  readonly id: string;
  readonly contextId: string;
  readonly status: { readonly state: number; readonly timestamp: string };
  readonly artifacts: readonly { readonly artifactId: string; readonly parts: readonly Part[] }[];
  readonly history: readonly Message[];
}

interface Client {
  readonly protocolVersion: string;
  getAgentCard(): Promise<{ readonly name: string; readonly skills: readonly object[]; readonly capabilities: object }>;
  sendMessage(params: object): Promise<Message | Task>;
  getTask(params: object): Promise<Task>;
  listTasks(params: object): Promise<{ readonly tasks: readonly Task[]; readonly totalSize: number; readonly nextPageToken: string }>;
  cancelTask(params: object): Promise<Task>;
  createTaskPushNotificationConfig(params: object): Promise<object>;
}

interface Library {
  readonly ClientFactory: new (options: object) => { createFromUrl(url: string): Promise<Client> };
  readonly JsonRpcTransportFactory: new (options: object) => object;
}

/** States as the client numbers them. */
const STATE = { submitted: 1, working: 2, completed: 3, canceled: 5 } as const;

let room: Room;
let channel: Channel;
let bravo: Agent;
let library: Library;
beforeAll(async () => {
  library = (await import(pathToFileURL(clientFile('@a2a-js/sdk/dist/client/index.js')).href)) as Library;
  room = await Room.open(rest, ENGINES[0]!);
  channel = await room.channel();
  bravo = await channel.agent('bravo');
});
afterAll(() => room.close());

const connect = (url: string, token = channel.created.join_token): Promise<Client> => {
  const fetchImpl = (input: string | URL, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set('Authorization', `Bearer ${token}`);
    return fetch(input, { ...init, headers });
  };
  return new library.ClientFactory({ transports: [new library.JsonRpcTransportFactory({ fetchImpl })] }).createFromUrl(url);
};

let count = 0;
const message = (text: string, metadata: object): object => ({
  messageId: `official-${++count}`,
  contextId: '',
  taskId: '',
  role: 1,
  parts: [{ content: { $case: 'text', value: text }, metadata: undefined, filename: '', mediaType: '' }],
  metadata,
  extensions: [],
  referenceTaskIds: [],
});

const request = (text: string, more: object = {}, returnImmediately = false): object => ({
  tenant: '',
  message: message(text, { from: 'caller', to: 'bravo', ...more }),
  configuration: { acceptedOutputModes: [], taskPushNotificationConfig: undefined, historyLength: undefined, returnImmediately },
  metadata: undefined,
});

const textOf = ({ parts }: { readonly parts: readonly Part[] }): unknown => parts[0]?.content.value;

describe.each([
  ['the hub’s address', () => room.rest.origin, () => ({ channel_id: channel.id })],
  ['the channel’s address', () => `${room.rest.origin}/a2a/${channel.id}/`, () => ({})],
] as const)('found by %s', (_, url, place) => {
  let client: Client;
  beforeAll(async () => {
    client = await connect(url());
  });

  test('the card is one that it takes', async () => {
    expect(client.protocolVersion).toBe('1.0');
    const { name, skills, capabilities } = await client.getAgentCard();
    expect(name).toContain('RogerThat');
    expect(skills).toHaveLength(1);
    expect(capabilities).toMatchObject({ streaming: false, pushNotifications: false, extendedAgentCard: false });
  });

  test('an answer comes back as a message', async () => {
    const asked = client.sendMessage(request('Green?', place()));
    asked.catch(() => {});
    await room.parked(1);
    const { messages } = await bravo.listen();
    await bravo.send('caller', 'All green.', { reply_to: messages.at(-1)!.id });
    const answer = (await asked) as Message;
    expect(textOf(answer)).toBe('All green.');
    expect(answer).toMatchObject({ role: 2, metadata: { from: 'bravo', sender: { verified: false, authorized: false } } });
  });

  test('a task is polled until it is done, listed, and cancelled', async () => {
    const task = (await client.sendMessage(request('Later?', place(), true))) as Task;
    expect(task.status.state).toBe(STATE.submitted);
    const { messages } = await bravo.listen();
    expect((await client.getTask({ tenant: '', id: task.id })).status.state).toBe(STATE.working);
    await bravo.send('caller', 'Done.', { reply_to: messages.at(-1)!.id });
    const done = await client.getTask({ tenant: '', id: task.id });
    expect([done.status.state, done.artifacts.map(textOf)]).toEqual([STATE.completed, ['Done.']]);
    expect(done.history.map(textOf)).toEqual(['Later?', 'Done.']);

    const other = (await client.sendMessage(request('Never mind?', place(), true))) as Task;
    expect((await client.cancelTask({ tenant: '', id: other.id, metadata: undefined })).status.state).toBe(STATE.canceled);
    const list = { tenant: '', contextId: task.contextId, status: 0, pageToken: '' };
    const { tasks, totalSize, nextPageToken } = await client.listTasks(list);
    expect(tasks.map(({ id }) => id)).toEqual(expect.arrayContaining([task.id, other.id]));
    expect([totalSize, nextPageToken]).toEqual([tasks.length, '']);
    const finished = await client.listTasks({ ...list, status: STATE.completed, includeArtifacts: true });
    expect(finished.tasks.find(({ id }) => id === task.id)?.artifacts.map(textOf)).toEqual(['Done.']);
  });

  test('failures are those that it knows by name', async () => {
    const done = (await client.listTasks({ tenant: channel.id, contextId: '', status: STATE.completed, pageToken: '' })).tasks[0]!;
    await expect(client.getTask({ tenant: '', id: `${channel.id}.9999` })).rejects.toMatchObject({ name: 'TaskNotFoundError' });
    await expect(client.cancelTask({ tenant: '', id: done.id, metadata: undefined })).rejects.toMatchObject({
      name: 'TaskNotCancelableError',
    });
    // What the card declares not to be there it does not even ask for.
    const push = { tenant: channel.id, taskId: done.id, id: 'p', url: 'https://x.example', token: '' };
    expect(() => client.createTaskPushNotificationConfig(push)).toThrow(
      expect.objectContaining({ name: 'PushNotificationNotSupportedError' }),
    );
    const file = {
      ...message('', { from: 'caller', to: 'bravo', ...place() }),
      parts: [{ content: { $case: 'url', value: 'https://x.example/a' }, filename: '', mediaType: '' }],
    };
    await expect(client.sendMessage({ tenant: '', message: file })).rejects.toMatchObject({ name: 'ContentTypeNotSupportedError' });
  });
});

test('a wrong token is refused in words', async () => {
  const client = await connect(`${room.rest.origin}/a2a/${channel.id}/`, 'rt_join_wrong');
  await expect(client.sendMessage(request('Let me in.'))).rejects.toThrow(/token is wrong/);
});
