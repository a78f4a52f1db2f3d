/**
 * The seven tools, made from the operations: the same fields and rules as REST, with the places that HTTP headers
 * have there as arguments here.
 */
import { z } from 'zod';
import { isBand } from '../../core/bands.ts';
import type { Clock } from '../../core/clock.ts';
import { HubError } from '../../core/errors.ts';
import { channelOfSession } from '../../core/ids.ts';
import { FRAMED_BYTES, type Limits } from '../../core/limits.ts';
import type { Cancel, Delivery } from '../../core/listening.ts';
import type { Notes } from '../../core/notes.ts';
import type { AnyOperation, Proof } from '../../operations/operation.ts';
import { problemsOf } from '../../operations/problems.ts';
import { wordsFor } from '../../operations/talk.ts';
import type { RequestFacts } from '../rest.ts';
import { HookEars, isHookCall } from './hooked.ts';
import type { Perform } from './perform.ts';
import { failed, succeeded, type ToolResult } from './render.ts';
import type { McpSession } from './sessions.ts';
import { newTaskId, TASK_TTL_MS } from './tasks.ts';
import type { Vouch } from './vouch.ts';

type Fields = Record<string, unknown>;

export interface ToolDefinition {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: object;
  readonly annotations: object;
  readonly _meta?: object;
}

/** What a tool may know of its call. */
export interface ToolContext {
  readonly facts: RequestFacts;
  readonly bearer: string | undefined;
  /** From `/mcp/:channel_id`. */
  readonly channelId: string | undefined;
  readonly session: McpSession | null;
  /** The caller can take a task instead of an answer. */
  readonly tasks: boolean;
  /** The caller hears of progress over an event stream, so it can wait for long. */
  readonly patient: boolean;
  readonly signal: Cancel;
  /** Tells the caller how far the call has come; does nothing when it did not ask. */
  progress(progress: number, total?: number, message?: string): void;
}

export type ToolAnswer =
  | { readonly result: ToolResult; readonly delivery?: Delivery | undefined }
  | { readonly task: { readonly taskId: string; readonly createdAt: number; readonly ttlMs: number } };

/** A tool as the endpoint sees it; the endpoint knows no tool by name. */
export interface McpTool {
  readonly definition: ToolDefinition;
  /** Whether it may take long, so that its answer is a stream where the caller takes one; `tasks`: the caller takes a task instead. */
  slow(tasks: boolean): boolean;
  call(args: unknown, context: ToolContext): Promise<ToolAnswer>;
}

const sessionArgument = {
  session_id: z.string().optional().describe('From join. Pass it always: your client may lose its connection without telling you.'),
};

/** Where the arguments of a tool differ from the fields of its operation. */
interface Door {
  readonly rename?: Readonly<Record<string, string>>;
  readonly omit?: readonly string[];
  readonly extra: z.ZodRawShape;
  readonly replace?: z.ZodRawShape;
  readonly readOnly?: true;
  readonly idempotent?: true;
  readonly always?: true;
  readonly slow?: true;
}

const DOORS: Readonly<Record<string, Door>> = {
  create_channel: { extra: {}, always: true },
  join: {
    extra: {
      channel_id: z.string().optional().describe('The channel, unless the address of this server names it.'),
      token: z
        .string()
        .optional()
        .describe('Its join token, unless your client sends it as the Authorization header. The bands general, help and random need none.'),
    },
    idempotent: true,
    always: true,
  },
  send: { extra: sessionArgument, omit: ['text'], always: true },
  listen: {
    extra: sessionArgument,
    rename: { timeout_seconds: 'timeout' },
    omit: ['timeout'],
    replace: {
      timeout_seconds: z
        .int()
        .min(0)
        .max(3600)
        .default(30)
        .describe(
          'Seconds to wait for mail, 0 to 60. More, up to 3600, where your client shows progress. Ignored where listening runs in the background.',
        ),
    },
    idempotent: true,
    always: true,
    slow: true,
  },
  roster: { extra: sessionArgument, readOnly: true },
  history: { extra: sessionArgument, readOnly: true },
  leave: { extra: sessionArgument, idempotent: true },
};

const NOT_OF_MCP: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  timeout: 'The argument is called timeout_seconds.',
  text: 'The argument is called message.',
  cursor: 'Pass the cursor as since.',
});

const schemaOf = (op: AnyOperation, door: Door, sizes: Limits['sizes']): z.ZodObject => {
  const fields = op.input as z.ZodObject;
  const omitted = Object.fromEntries((door.omit ?? []).map((name) => [name, true as const]));
  const kept = fields.omit(omitted as never).extend({ ...door.replace, ...door.extra });
  // `message` is optional on REST only because it has a second name there.
  return op.name === 'send' ? kept.extend({ message: wordsFor(sizes) }) : kept;
};

/** What HTTP headers and paths carry on REST, as an example shows it. */
const PROOFS: Fields = { session_id: 'rt_session_…', channel_id: 'quiet-otter-3a8f19', token: 'rt_join_…' };

const definitionOf = (op: AnyOperation, door: Door, schema: z.ZodType): ToolDefinition => {
  const { $schema: _, ...inputSchema } = z.toJSONSchema(schema, { io: 'input' }) as Fields;
  const example = op.examples[0]?.input as Fields | undefined;
  const proofs = Object.fromEntries(Object.entries(PROOFS).filter(([name]) => name in door.extra));
  const renamed = Object.fromEntries(
    Object.entries(example ?? {}).map(([name, value]) => [
      Object.entries(door.rename ?? {}).find(([, field]) => field === name)?.[0] ?? name,
      value,
    ]),
  );
  return {
    name: op.name,
    title: op.title,
    description: op.description,
    inputSchema: { ...inputSchema, ...(example ? { examples: [{ ...proofs, ...renamed }] } : {}) },
    annotations: {
      title: op.title,
      readOnlyHint: door.readOnly === true,
      destructiveHint: false,
      idempotentHint: door.idempotent === true || door.readOnly === true,
      // Only the members of this hub's channels are ever reached.
      openWorldHint: false,
    },
    ...(door.always ? { _meta: { 'anthropic/alwaysLoad': true } } : {}),
  };
};

/** @param joined what was joined over the header session, where that counts */
const proofOf = (args: Fields, context: ToolContext, tool: string, joined: string | null): Proof => {
  const { facts, bearer } = context;
  const { address, origin, requestId } = facts;
  if (tool === 'create_channel') return { transport: 'mcp', address, origin, requestId, bearer };
  if (tool === 'join') {
    const channelId = context.channelId ?? (args['channel_id'] as string | undefined);
    if (channelId === undefined) throw new HubError('unauthorized', 'The argument channel_id is missing.');
    if (args['channel_id'] !== undefined && args['channel_id'] !== channelId) {
      throw new HubError('unauthorized', 'This server is for another channel than channel_id names.', {
        hint: `Leave channel_id and token out to join ${channelId}. Another channel is joined over HTTP (${facts.origin}/llms.txt), or over MCP at ${facts.origin}/mcp.`,
      });
    }
    const channelToken = args['token'] as string | undefined;
    if (channelToken === undefined && bearer === undefined && !isBand(channelId))
      throw new HubError('unauthorized', 'The argument token is missing.');
    return { transport: 'mcp', address, origin, requestId, bearer, channelId, channelToken };
  }
  const sessionId = (args['session_id'] as string | undefined) ?? joined ?? undefined;
  const channelId = sessionId === undefined ? undefined : channelOfSession(sessionId);
  if (sessionId === undefined || channelId === undefined || (context.channelId !== undefined && context.channelId !== channelId)) {
    throw new HubError(
      'not_joined',
      sessionId === undefined
        ? 'There is no session_id, and nothing was joined over this connection.'
        : 'The session_id is not of this channel.',
    );
  }
  return { transport: 'mcp', address, origin, requestId, bearer, channelId, sessionId, sessionOpens: true, answerBytes: FRAMED_BYTES };
};

/** Makes a tool of an operation. `wait` is the operation behind a long listen. */
const toolOf = (
  perform: Perform,
  clock: Clock,
  hooks: HookEars,
  op: AnyOperation,
  wait: AnyOperation,
  door: Door,
  schema: z.ZodObject,
): McpTool => {
  const names = new Set(Object.keys(schema.shape));

  /** The arguments under the names that the operation has for them. */
  const inputOf = (given: Fields): Fields => {
    const input: Fields = {};
    for (const name in given) {
      if (!(name in PROOFS)) input[door.rename?.[name] ?? name] = given[name];
    }
    return input;
  };

  /** Whether the operation reads the input without its schema: this tool's would then take the arguments, too. */
  const isPlain = (given: Fields, input: Fields): boolean => {
    if (!op.plain || typeof given['session_id'] !== 'string') return false;
    for (const name in given) if (!names.has(name)) return false;
    return op.plain(input) !== undefined;
  };

  const run = async (input: Fields, proof: Proof, context: ToolContext): Promise<ToolAnswer> => {
    const long = op.name === 'listen' && (input['timeout'] as number) > 60 && context.patient;
    const { value, delivery } = await perform(long ? wait : op, proof, input, context.signal);
    const fields = value as Fields;
    const { session } = context;
    if (op.name === 'join') await session?.join(fields['session_id'] as string);
    if (op.name === 'leave' && (await session?.joined()) === proof.sessionId) await session?.join(null);
    return { result: succeeded(op.name, fields, proof.sessionId ?? '', context.channelId), delivery };
  };

  /** The task dialect: what is there is answered at once; otherwise the answer is a handle that outlives this call. */
  const listenAsTask = async (input: Fields, proof: Proof, context: ToolContext): Promise<ToolAnswer> => {
    const { value, delivery } = await perform(op, proof, { ...input, timeout: 0 }, context.signal);
    const { messages, gap, cursor } = value as { messages: readonly unknown[]; gap: unknown; cursor: string };
    if (messages.length > 0 || gap !== null) return { result: succeeded('listen', value as Fields, proof.sessionId ?? ''), delivery };
    delivery?.unsure();
    const createdAt = clock.now();
    return { task: { taskId: newTaskId(proof.sessionId ?? '', cursor, createdAt), createdAt, ttlMs: TASK_TTL_MS } };
  };

  return {
    definition: definitionOf(op, door, schema),
    slow: (tasks) => door.slow === true && !tasks,
    async call(args, context) {
      try {
        const given = args ?? {};
        if (op.name === 'listen' && isHookCall(given as Fields)) return { result: await hooks.answer(given as Fields, context) };
        const input = inputOf(given as Fields);
        if (!isPlain(given as Fields, input)) {
          const parsed = schema.safeParse(given);
          if (!parsed.success) throw problemsOf({ input: schema }, parsed.error, given, NOT_OF_MCP);
        }
        // Asked for only when the call names no session: any hub may have heard the last join.
        const named = (given as Fields)['session_id'] !== undefined || 'token' in door.extra || op.name === 'create_channel';
        const proof = proofOf(given as Fields, context, op.name, named ? null : ((await context.session?.joined()) ?? null));
        if (op.name === 'listen' && context.tasks && input['timeout'] !== 0) return await listenAsTask(input, proof, context);
        return await run(input, proof, context);
      } catch (error) {
        if (error instanceof HubError && !context.signal.aborted) return { result: failed(error) };
        throw error;
      }
    },
  };
};

/** The tools of a hub, by whatever carries them out. @param sizes those of the hub, for what its tools say of themselves */
export const createTools = (
  perform: Perform,
  clock: Clock,
  operations: readonly AnyOperation[],
  notes: Notes,
  vouch: Vouch,
  sizes: Limits['sizes'],
): readonly McpTool[] => {
  const named = (name: string): AnyOperation => {
    const op = operations.find((one) => one.name === name);
    if (!op) throw new Error(`no operation ${name}`);
    return op;
  };
  const hooks = new HookEars(perform, notes, { ack: named('ack'), history: named('history'), message: named('message') }, vouch);
  return Object.entries(DOORS).map(([name, door]) =>
    toolOf(perform, clock, hooks, named(name), named('wait'), door, schemaOf(named(name), door, sizes)),
  );
};
