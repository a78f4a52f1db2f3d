/**
 * Tasks, made from what a channel holds. A message that answers nothing is a question, and a question is a task: who
 * asks for it learns from the ring whether its addressee has it, and what came back. Nothing is kept here, so a task
 * is the same from every process and after a restart, and it is gone when its question has left the ring.
 * Source: a2a-protocol.org, specification 1.0: 4.1 (objects), 3.4 (identifiers), 3.2.4 (history length).
 */
import type { Message, Receipt } from '../../core/types.ts';

export type TaskState =
  | 'TASK_STATE_SUBMITTED'
  | 'TASK_STATE_WORKING'
  | 'TASK_STATE_COMPLETED'
  | 'TASK_STATE_CANCELED'
  | 'TASK_STATE_FAILED';

/** No message changes it any more. */
export const isTerminal = (state: TaskState): boolean => state !== 'TASK_STATE_SUBMITTED' && state !== 'TASK_STATE_WORKING';

export interface Task {
  readonly id: string;
  readonly contextId?: string;
  readonly status: { readonly state: TaskState; readonly timestamp?: string; readonly message?: object };
  readonly artifacts?: readonly object[];
  readonly history?: readonly object[];
  readonly metadata: object;
}

const TASK = /^([a-z0-9-]{1,80})\.([1-9][0-9]{0,14})$/;
const CONTEXT = /^([a-z0-9-]{1,80})\.([a-z0-9_-]{1,32})\.([a-z0-9_-]{1,32})$/;

export interface TaskRef {
  readonly channelId: string;
  readonly id: number;
}

export interface ContextRef {
  readonly channelId: string;
  readonly from: string;
  readonly to: string;
}

/** A task is named by its channel and question, a context by its channel and who asks whom. No name has a dot in it. */
export const taskIdOf = ({ channelId, id }: TaskRef): string => `${channelId}.${id}`;
export const contextIdOf = ({ channelId, from, to }: ContextRef): string => `${channelId}.${from}.${to}`;

export const readTaskId = (text: string): TaskRef | null => {
  const [, channelId = '', id] = TASK.exec(text) ?? [];
  return id === undefined ? null : { channelId, id: Number(id) };
};

export const readContextId = (text: string): ContextRef | null => {
  const [, channelId = '', from = '', to] = CONTEXT.exec(text) ?? [];
  return to === undefined ? null : { channelId, from, to };
};

/** What tells an addressee that nobody waits any more; what was sent cannot be unsent. */
export const cancelText = (id: number): string => `Cancelled: nobody waits for an answer to #${id} any more.`;

export const isQuestion = (message: Message): boolean => message.reply_to === undefined && message.kind !== 'status';

/** A question and what belongs to it of what was said after it. */
export interface Thread {
  readonly question: Message;
  /** By the asker: more on the question. */
  readonly more: readonly Message[];
  /** By the addressee. */
  readonly answers: readonly Message[];
  /** What the asker cancelled it with, if it came before any answer. */
  readonly cancel: Message | null;
}

/**
 * Sorts out what belongs to a question. An answer is a reply of the addressee, to the asker or to all. A status is none: it
 * is heard by who waits and never found again, so it would end a task that is open for everybody else.
 */
export const threadOf = (question: Message, later: readonly Message[]): Thread => {
  const ids = new Set([question.id]);
  const more: Message[] = [];
  const answers: Message[] = [];
  let cancel: Message | null = null;
  for (const message of later) {
    if (message.id <= question.id || message.kind === 'status') continue;
    if (message.reply_to === undefined || !ids.has(message.reply_to)) continue;
    if (message.from === question.from) {
      if (message.text === cancelText(question.id)) {
        if (answers.length === 0) cancel ??= message;
      } else {
        ids.add(message.id);
        more.push(message);
      }
    } else if (question.to === 'all' || message.from === question.to) {
      if (message.to === question.from || message.to === 'all') answers.push(message);
    }
  }
  return { question, more, answers, cancel };
};

/** Answered or cancelled. */
export const isClosed = ({ answers, cancel }: Thread): boolean => answers.length > 0 || cancel !== null;

/** A message of a channel as A2A has it; who spoke and what the hub attests of it is in `metadata`. */
export const messageOf = (channelId: string, message: Message, { question }: Thread, taskId?: string): object => ({
  messageId: taskIdOf({ channelId, id: message.id }),
  contextId: contextIdOf({ channelId, from: question.from, to: question.to }),
  ...(taskId === undefined ? {} : { taskId }),
  role: message.from === question.from ? 'ROLE_USER' : 'ROLE_AGENT',
  parts: [{ text: message.text, mediaType: 'text/plain' }],
  metadata: {
    from: message.from,
    to: message.to,
    id: message.id,
    at: message.at,
    ...(message.reply_to === undefined ? {} : { reply_to: message.reply_to }),
    sender: message.sender,
  },
});

/** A question that is neither answered nor cancelled works as soon as its addressee was given it. */
const openStatus = (question: Message, receipts: readonly Receipt[]): Task['status'] => {
  const given = receipts.find(({ state }) => state === 'delivered' || state === 'confirmed');
  if (given) return { state: 'TASK_STATE_WORKING', timestamp: given.at ?? question.at };
  return { state: 'TASK_STATE_SUBMITTED', timestamp: question.at };
};

export const statusOf = ({ question, answers, cancel }: Thread, receipts: readonly Receipt[]): Task['status'] => {
  if (cancel) return { state: 'TASK_STATE_CANCELED', timestamp: cancel.at };
  const first = answers[0];
  return first ? { state: 'TASK_STATE_COMPLETED', timestamp: first.at } : openStatus(question, receipts);
};

export interface TaskView {
  /** At most so many of the newest messages; undefined for all, 0 for none. */
  readonly historyLength?: number | undefined;
  readonly artifacts: boolean;
}

/** A thread as a task. */
export const taskOf = (channelId: string, thread: Thread, receipts: readonly Receipt[], view: TaskView): Task => {
  const { question, more, answers, cancel } = thread;
  const id = taskIdOf({ channelId, id: question.id });
  const said = [question, ...more, ...answers, ...(cancel ? [cancel] : [])].sort((a, b) => a.id - b.id);
  const shown = view.historyLength === undefined ? said : view.historyLength === 0 ? [] : said.slice(-view.historyLength);
  return {
    id,
    contextId: contextIdOf({ channelId, from: question.from, to: question.to }),
    status: statusOf(thread, receipts),
    ...(view.artifacts
      ? {
          artifacts: answers.map((answer) => ({
            artifactId: `answer-${answer.id}`,
            name: `Answer of ${answer.from}`,
            parts: [{ text: answer.text, mediaType: 'text/plain' }],
            metadata: { from: answer.from, id: answer.id, sender: answer.sender },
          })),
        }
      : {}),
    ...(shown.length === 0 ? {} : { history: shown.map((message) => messageOf(channelId, message, thread, id)) }),
    metadata: { channel_id: channelId, from: question.from, to: question.to },
  };
};

/** A question that left the ring before anybody had it: it will not be answered. */
export const lostTask = (ref: TaskRef, receipts: readonly Receipt[]): Task => ({
  id: taskIdOf(ref),
  status: {
    state: 'TASK_STATE_FAILED',
    message: {
      messageId: `${taskIdOf(ref)}.lost`,
      role: 'ROLE_AGENT',
      parts: [{ text: 'The message left the ring before its addressee heard it. Send it again.', mediaType: 'text/plain' }],
    },
  },
  metadata: { channel_id: ref.channelId, to: receipts[0]?.callsign ?? 'all' },
});
