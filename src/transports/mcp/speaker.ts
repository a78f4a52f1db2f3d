/** What is said in answer to a message, whatever carries it: the methods of both eras. */
import type { Delivery } from '../../core/listening.ts';
import { RpcError } from '../jsonrpc.ts';
import { LEGACY, META, MODERN, RPC, type RpcMessage, TASKS } from './protocol.ts';
import { taskCreated } from './tasks.ts';
import type { McpTool, ToolContext } from './tools.ts';

/** An answer on its way out. */
export interface Reply {
  readonly result: object;
  readonly delivery?: Delivery | undefined;
}

/** What a task's keeper knows of a question. */
export type TaskAsked = Pick<ToolContext, 'facts' | 'channelId' | 'signal'>;

/** Listens that outlive their calls. */
export interface TaskKeeper {
  get(id: unknown, asked: TaskAsked): Promise<Reply>;
  update(id: unknown, asked: TaskAsked): object;
  /** @throws HubError rate_limited, storage_unavailable */
  cancel(id: unknown, asked: TaskAsked): Promise<object>;
}

export interface SpeakerOptions {
  readonly tools: readonly McpTool[];
  /** Null: no tool here becomes a task. */
  readonly tasks: TaskKeeper | null;
  readonly instructions: string;
  readonly server: { readonly name: string; readonly title: string; readonly version: string };
}

export interface Speaker {
  /** The tool that a message calls. */
  toolOf(message: RpcMessage): McpTool | undefined;
  /** Answers a request. @throws RpcError */
  answer(message: RpcMessage, context: ToolContext, modern: boolean): Promise<Reply>;
}

const LIST_TTL_MS = 3600_000;

export const createSpeaker = ({ tools, tasks, instructions, server }: SpeakerOptions): Speaker => {
  const named = new Map(tools.map((tool) => [tool.definition.name, tool]));
  const capabilities = { tools: {} };
  const list = tools.map(({ definition }) => definition);
  const cache = { ttlMs: LIST_TTL_MS, cacheScope: 'public' };

  const initialize = ({ params }: RpcMessage): object => {
    const asked = params['protocolVersion'];
    const protocolVersion = (LEGACY as readonly unknown[]).includes(asked) ? asked : LEGACY[0];
    return { protocolVersion, capabilities, serverInfo: server, instructions };
  };

  const discover = (): object => ({
    resultType: 'complete',
    supportedVersions: MODERN,
    capabilities: tasks ? { ...capabilities, extensions: { [TASKS]: {} } } : capabilities,
    instructions,
    ...cache,
    _meta: { [META.serverInfo]: server },
  });

  const toolOf = ({ method, params }: RpcMessage): McpTool | undefined => {
    const { name } = params;
    return method === 'tools/call' && typeof name === 'string' ? named.get(name) : undefined;
  };

  const callTool = async (message: RpcMessage, context: ToolContext, modern: boolean): Promise<Reply> => {
    const tool = toolOf(message);
    if (!tool) throw new RpcError(200, RPC.invalidParams, 'There is no such tool.');
    const answer = await tool.call(message.params['arguments'], context);
    if ('task' in answer) return { result: taskCreated(answer.task.taskId, answer.task.createdAt) };
    return { result: modern ? { resultType: 'complete', ...answer.result } : answer.result, delivery: answer.delivery };
  };

  const answerMethod = async (message: RpcMessage, context: ToolContext, modern: boolean): Promise<Reply> => {
    const { method } = message;
    if (method === 'tools/list') return { result: modern ? { resultType: 'complete', tools: list, ...cache } : { tools: list } };
    if (!modern && method === 'initialize') return { result: initialize(message) };
    if (!modern && method === 'ping') return { result: {} };
    if (modern && method === 'server/discover') return { result: discover() };
    if (modern && tasks && (method === 'tasks/get' || method === 'tasks/cancel' || method === 'tasks/update')) {
      if (!context.tasks) {
        throw new RpcError(400, RPC.missingCapability, `The client must declare the extension ${TASKS}.`, {
          requiredCapabilities: { extensions: { [TASKS]: {} } },
        });
      }
      const id = message.params['taskId'];
      if (method === 'tasks/get') return tasks.get(id, context);
      return { result: method === 'tasks/cancel' ? await tasks.cancel(id, context) : tasks.update(id, context) };
    }
    throw new RpcError(modern ? 404 : 200, RPC.methodNotFound, 'This server has no such method.');
  };

  return {
    toolOf,
    answer: (message, context, modern) =>
      message.method === 'tools/call' ? callTool(message, context, modern) : answerMethod(message, context, modern),
  };
};
