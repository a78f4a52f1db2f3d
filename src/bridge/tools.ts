/** The hub's tools as the bridge offers them: the same, and what is told of a hub that is away. */
import { ClientError } from '../client/errors.ts';
import { systemClock } from '../core/clock.ts';
import { SIZES } from '../core/limits.ts';
import { MemoryNotes } from '../core/notes.ts';
import { operations } from '../operations/index.ts';
import { answered, failedBecause, type ToolResult } from '../transports/mcp/render.ts';
import { createTools, type McpTool, type ToolAnswer } from '../transports/mcp/tools.ts';
import { vouchForAll } from '../transports/mcp/vouch.ts';
import type { Bridge } from './bridge.ts';
import { QueuedHere } from './relay.ts';

const queued = ({ waiting, why }: QueuedHere): ToolResult =>
  answered(
    [
      `Queued here, the hub is unreachable: the message is on this machine's disk and nobody has it yet. ${why}`,
      `It is sent, once, when the hub is back${waiting > 1 ? `, after ${waiting - 1} of yours that wait` : ''}. Do not send it again.`,
    ].join('\n'),
    { queued_here: true, waiting },
  );

/** A result with what the agent has not been told yet before it. */
const with_ = (answer: ToolAnswer, news: readonly string[]): ToolAnswer => {
  if (news.length === 0 || 'task' in answer) return answer;
  return { ...answer, result: { ...answer.result, content: [{ type: 'text', text: news.join('\n') }, ...answer.result.content] } };
};

export const bridgeTools = (bridge: Bridge): readonly McpTool[] =>
  createTools(bridge.perform, systemClock, operations, new MemoryNotes(systemClock), vouchForAll, SIZES).map((tool) => ({
    ...tool,
    async call(args, context) {
      let answer: ToolAnswer;
      try {
        answer = await tool.call(args, context);
      } catch (error) {
        if (error instanceof QueuedHere) answer = { result: queued(error) };
        else if (error instanceof ClientError && !context.signal.aborted) {
          const hint = 'The bridge keeps trying. Call again in a few seconds; what you send meanwhile is queued here.';
          answer = { result: failedBecause(error.code, error.detail, error.passing ? hint : error.hint) };
        } else throw error;
      }
      return with_(answer, bridge.refusals());
    },
  }));
