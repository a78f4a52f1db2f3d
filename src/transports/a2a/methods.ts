/**
 * The methods of A2A 1.0 over the operations. Source: a2a-protocol.org, specification 1.0: 3.1 (operations), 3.2.2
 * (waiting), 3.4 (contexts and tasks), 9.4 (names of the methods).
 */
import type { Clock } from '../../core/clock.ts';
import { sha256 } from '../../core/ids.ts';
import { TIMES } from '../../core/limits.ts';
import type { Cancel } from '../../core/listening.ts';
import type { Message } from '../../core/types.ts';
import { GoneSignal } from '../gone.ts';
import { JSON_RPC, RpcError } from '../jsonrpc.ts';
import { type Found, type Line, LostTask } from './line.ts';
import { listTasks } from './list.ts';
import { cancelParams, getParams, parse, sendParams, textOf } from './params.ts';
import { failure, invalidParams } from './protocol.ts';
import { cancelText, isClosed, isTerminal, messageOf, readContextId, readTaskId, statusOf, type Task, type Thread } from './tasks.ts';

/** What a method has at hand. */
export interface Call {
  readonly line: Line;
  readonly clock: Clock;
  readonly params: Readonly<Record<string, unknown>>;
  /** The caller went away. */
  readonly gone: Cancel;
}

type Method = (call: Call) => Promise<object>;

const WHOLE = { artifacts: true } as const;

/** Runs `wait` with a signal that comes after so many milliseconds, or when the caller goes. */
const within = async <T>({ clock, gone }: Call, ms: number, wait: (signal: Cancel) => Promise<T>): Promise<T> => {
  const signal = new GoneSignal();
  gone.addEventListener('abort', signal);
  if (gone.aborted) signal.abort();
  const stop = clock.after(ms, () => signal.abort());
  try {
    return await wait(signal);
  } finally {
    stop();
    gone.removeEventListener('abort', signal);
  }
};

/** The number of a task of this line's channel. @throws RpcError taskNotFound, alike for any other */
const numberOf = (line: Line, taskId: string): number => {
  const ref = readTaskId(taskId);
  if (ref?.channelId !== line.channelId) throw failure('taskNotFound', 'This channel has no such task.');
  return ref.id;
};

type Params = ReturnType<typeof parse<typeof sendParams>>;

/** Who speaks to whom: what the message says, or the context or task that it goes on with. */
const addressOf = ({ message, metadata }: Params, task: Message | null, channelId: string): { from: string; to: string } => {
  const context = message.contextId === undefined ? null : readContextId(message.contextId);
  if (message.contextId !== undefined && context?.channelId !== channelId) {
    throw invalidParams('message.contextId', 'is not one that this channel gave; leave it out, and take the one in the answer');
  }
  const known = task ?? context;
  if (task && context && (context.from !== task.from || context.to !== task.to)) {
    throw invalidParams('message.contextId', 'is not the context of the task');
  }
  const named = { from: message.metadata?.from ?? metadata?.from, to: message.metadata?.to ?? metadata?.to };
  for (const field of ['from', 'to'] as const) {
    const name = named[field]?.trim().toLowerCase();
    if (known && name !== undefined && name !== known[field]) {
      throw invalidParams(`message.metadata.${field}`, 'is another callsign than in the task or context; leave one of them out');
    }
  }
  const [from, to] = [named.from ?? known?.from, named.to ?? known?.to];
  if (from === undefined) throw invalidParams('message.metadata.from', 'is missing: your callsign on the channel, one of your choice');
  if (to === undefined) throw invalidParams('message.metadata.to', 'is missing: the callsign you speak to, or "all"');
  return { from, to };
};

/** What proves who speaks: beside the names, or in the metadata of the request. */
const secretsOf = (...given: readonly (Params['metadata'] | undefined)[]): Record<string, string> => {
  const named = (field: 'identity_key' | 'owner_password'): Record<string, string> => {
    const value = given.find((metadata) => metadata?.[field] !== undefined)?.[field];
    return value === undefined ? {} : { [field]: value };
  };
  return { ...named('identity_key'), ...named('owner_password') };
};

const taskIsOver = (): RpcError =>
  failure('unsupportedOperation', 'The task is over, and GetTask says how it ended. To ask anew, leave taskId out.');

/** A task that goes on. @throws RpcError taskNotFound, unsupportedOperation */
const openTask = async (call: Call, taskId: string): Promise<Found> => {
  const found = await call.line.find(numberOf(call.line, taskId), call.gone).catch((error: unknown) => {
    throw error instanceof LostTask ? taskIsOver() : error;
  });
  if (isTerminal(statusOf(found.thread, found.receipts).state)) throw taskIsOver();
  return found;
};

const sendMessage: Method = async (call) => {
  const { line } = call;
  const params = parse(sendParams, call.params);
  const { message, configuration = {} } = params;
  if (configuration.taskPushNotificationConfig !== undefined)
    throw failure('pushNotSupported', 'This hub pushes no tasks; ask with GetTask.');
  const text = textOf(message.parts);
  const before = message.taskId === undefined ? null : await openTask(call, message.taskId);
  const { from, to } = addressOf(params, before?.thread.question ?? null, line.channelId);
  const { sessionId } = await line.join(from, secretsOf(message.metadata, params.metadata));
  const sent = await line.send(sessionId, {
    to,
    message: text,
    // The same messageId again is the same message: a caller may repeat a request whose answer it lost.
    idempotency_key: `a2a ${sha256(message.messageId)}`,
    ...(before === null ? {} : { reply_to: before.thread.question.id }),
  });
  const id = before?.thread.question.id ?? sent;
  const enough = (thread: Thread): boolean => configuration.returnImmediately === true || isClosed(thread);
  const found = await within(call, TIMES.answerMs, (signal) => line.find(id, signal, enough));
  const answer = found.thread.answers[0];
  // A caller that knows of a task is told of the task; one that only asks, and is answered, needs none.
  if (answer && before === null && configuration.returnImmediately !== true)
    return { message: messageOf(line.channelId, answer, found.thread) };
  return { task: line.task(found, { ...WHOLE, historyLength: configuration.historyLength }) };
};

const getTask: Method = async (call) => {
  const { id, historyLength } = parse(getParams, call.params);
  return call.line.task(await call.line.find(numberOf(call.line, id), call.gone), { ...WHOLE, historyLength });
};

/** What was sent cannot be unsent, so the addressee is told that nobody waits for an answer any more. */
const cancelTask: Method = async (call) => {
  const { line } = call;
  const { id, metadata } = parse(cancelParams, call.params);
  const number = numberOf(line, id);
  const cancelled = async (found: Found): Promise<Task> => {
    const { state } = statusOf(found.thread, found.receipts);
    if (state === 'TASK_STATE_CANCELED') return line.task(found, WHOLE);
    throw failure('taskNotCancelable', 'The task is over: it was answered.');
  };
  const found = await line.find(number, call.gone);
  if (isClosed(found.thread)) return cancelled(found);
  const { question } = found.thread;
  const { sessionId } = await line.join(question.from, secretsOf(metadata));
  await line.send(sessionId, {
    to: question.to,
    message: cancelText(question.id),
    reply_to: question.id,
    idempotency_key: `a2a cancel ${number}`,
  });
  return cancelled(await line.find(number, call.gone));
};

const METHODS: Readonly<Record<string, Method>> = Object.assign(Object.create(null), {
  SendMessage: sendMessage,
  GetTask: getTask,
  ListTasks: listTasks,
  CancelTask: cancelTask,
});

/** Methods of the specification that the card says are not offered (3.3.4). */
const refused = (method: string): RpcError => {
  if (method === 'SendStreamingMessage' || method === 'SubscribeToTask')
    return failure('unsupportedOperation', 'This hub streams no tasks; ask with GetTask.');
  if (/^(?:Create|Get|List|Delete)TaskPushNotificationConfigs?$/.test(method))
    return failure('pushNotSupported', 'This hub pushes no tasks; ask with GetTask.');
  if (method === 'GetExtendedAgentCard') return failure('unsupportedOperation', 'There is no card but the public one.');
  const known = Object.keys(METHODS).join(', ');
  return new RpcError(200, JSON_RPC.methodNotFound, `There is no such method. This hub has ${known} of A2A 1.0.`);
};

/** Runs a method. @throws RpcError, HubError */
export const run = async (method: string, call: Call): Promise<object> => {
  const known = METHODS[method];
  if (!known) throw refused(method);
  try {
    return await known(call);
  } catch (error) {
    if (!(error instanceof LostTask)) throw error;
    if (method === 'CancelTask') throw failure('taskNotCancelable', 'The task is over: its message left the ring unheard.');
    return method === 'SendMessage' ? { task: error.task } : error.task;
  }
};
