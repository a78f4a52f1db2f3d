/** `ListTasks`: the questions that a channel holds, newest news first. Source: a2a-protocol.org, specification 1.0: 3.1.4. */
import type { Message } from '../../core/types.ts';
import { LostTask } from './line.ts';
import type { Call } from './methods.ts';
import { listParams, parse } from './params.ts';
import { invalidParams } from './protocol.ts';
import { contextIdOf, isClosed, isQuestion, statusOf, type Task, type Thread, taskOf, threadOf } from './tasks.ts';

interface Listed {
  readonly thread: Thread;
  readonly task: Task;
  /** Where it stands in the list: by the time of its news, then by number. */
  readonly place: string;
}

/** Sorts and names a place in the list. Times of one form compare as text. */
const placeOf = (thread: Thread, timestamp: string): string => `${timestamp}~${String(thread.question.id).padStart(15, '0')}`;

const list = async ({ line, gone, params }: Call, contextId: string | undefined): Promise<Listed[]> => {
  const { historyLength, includeArtifacts } = parse(listParams, params);
  const messages: readonly Message[] = await line.all(gone);
  const listed: Listed[] = [];
  for (const question of messages.filter(isQuestion)) {
    if (contextId !== undefined && contextId !== contextIdOf({ channelId: line.channelId, from: question.from, to: question.to })) continue;
    const thread = threadOf(question, messages);
    try {
      // Receipts tell apart what is open only.
      const receipts = isClosed(thread) ? [] : await line.receipts(question.id);
      const task = taskOf(line.channelId, thread, receipts, { historyLength, artifacts: includeArtifacts });
      listed.push({ thread, task, place: placeOf(thread, statusOf(thread, receipts).timestamp ?? question.at) });
    } catch (error) {
      // It left the ring while we looked.
      if (!(error instanceof LostTask)) throw error;
    }
  }
  return listed.sort((a, b) => (a.place < b.place ? 1 : -1));
};

export const listTasks = async (call: Call): Promise<object> => {
  const { contextId, status, pageSize, pageToken, statusTimestampAfter } = parse(listParams, call.params);
  const from = statusTimestampAfter === undefined ? undefined : new Date(statusTimestampAfter).toISOString();
  if (pageToken !== undefined && !/^[0-9TZ:.-]{10,40}~[0-9]{15}$/.test(pageToken))
    throw invalidParams('pageToken', 'is not one that this hub gave');
  const matching = (await list(call, contextId)).filter(({ task }) => {
    if (status !== undefined && status !== 'TASK_STATE_UNSPECIFIED' && task.status.state !== status) return false;
    return from === undefined || (task.status.timestamp ?? '') >= from;
  });
  const rest = pageToken === undefined ? matching : matching.filter(({ place }) => place < pageToken);
  const page = rest.slice(0, pageSize);
  return {
    tasks: page.map(({ task }) => task),
    nextPageToken: rest.length > page.length ? page.at(-1)!.place : '',
    pageSize,
    totalSize: matching.length,
  };
};
