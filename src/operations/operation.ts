/**
 * What an operation is, and the one gate that every call to one passes.
 *
 * Input is what the agent says; scope is what the transport proves. A transport gathers the proof and the input and
 * calls {@link execute}; it never decides anything itself.
 */
import type { z } from 'zod';
import { type ErrorCode, HubError } from '../core/errors.ts';
import { andThen } from '../core/eventually.ts';
import type { Hub } from '../core/hub.ts';
import type { RateName } from '../core/limits.ts';
import type { Cancel, Delivery, StreamItem } from '../core/listening.ts';
import type { Channel, Eventually, Session, TranscriptEvent } from '../core/types.ts';
import { admit, allow, type OpenCall } from './admit.ts';
import { fromMemory, recalled } from './memory.ts';
import { problemsOf } from './problems.ts';
import type { Answers, RestRoute, Scope } from './route.ts';

/** What a transport can prove of a call. Strings as they came; the gate checks them. */
export interface Proof {
  /** For the log and the metrics: `rest`, `mcp`, … */
  readonly transport: string;
  /** Who is counted by limits. */
  readonly address: string;
  /** Where the caller reached the hub, for links: `http://127.0.0.1:7424`. */
  readonly origin: string;
  readonly requestId: string;
  readonly channelId?: string | undefined;
  /** The hub token, or a channel's join or owner token on that channel's own operations, or the admin token. */
  readonly bearer?: string | undefined;
  /** The channel's join or owner token, when the bearer is the hub token. */
  readonly channelToken?: string | undefined;
  readonly sessionId?: string | undefined;
  /** The session alone opens its channel: a transport whose callers keep nothing else. */
  readonly sessionOpens?: true | undefined;
  /** Bytes of messages that fit into one answer to a listen there, where its form makes more of them than JSON does. */
  readonly answerBytes?: number | undefined;
}

/** What the program around the operations gives them. */
export interface Services {
  /** Hash of the hub token; null when the hub has none. */
  readonly hubTokenHash: string | null;
  /** Hash of the admin token; null when the hub has none, and then no operation of scope `admin`. */
  readonly adminTokenHash: string | null;
  /** Links and snippets for a new channel; `identities`: it takes only joiners with one. */
  connect(origin: string, channelId: string, joinToken: string, identities: boolean): ConnectInfo;
  /** Told of every call that was answered; null when nobody counts them, and then nothing is timed. */
  readonly record: ((operation: string, transport: string, code: string, micros: number, requestId: string) => void) | null;
}

export interface ConnectInfo {
  readonly mcp_url: string;
  readonly channel_mcp_url: string;
  readonly console_url: string;
  readonly agent_prompt: string;
  readonly connect: Readonly<Record<string, string>>;
}

/** A call that passed the gate. */
export interface Call<I> {
  readonly hub: Hub;
  readonly services: Services;
  readonly input: I;
  readonly proof: Proof;
  readonly signal: Cancel | undefined;
}

export interface ChannelCall<I> extends Call<I> {
  readonly channel: Channel;
  /** The token that was proved. */
  readonly token: string;
  /** The caller's session, when it showed one. */
  readonly session: Session | null;
}

export interface MemberCall<I> extends ChannelCall<I> {
  readonly session: Session;
}

/** A call of a channel's owner. */
export interface OwnerCall<I> extends Call<I> {
  readonly channel: Channel;
}

/** A call of whoever may keep a channel's webhooks. */
export interface KeeperCall<I> extends OwnerCall<I> {
  /** Hash of the join token that was proved; null: it was the owner's, or the operator called. */
  readonly tokenHash: string | null;
}

interface CallOf<I> {
  open: Call<I>;
  channel: ChannelCall<I>;
  member: MemberCall<I>;
  owner: OwnerCall<I>;
  keeper: KeeperCall<I>;
  admin: Call<I>;
}

/** What a run gives back: a value, and for what a listener was given a receipt to sign. */
export interface Given<O> {
  readonly value: O;
  readonly delivery?: Delivery;
}

/** How an operation answers: one value; one value after a wait of any length; events for as long as the caller stays; a list in pieces. */
interface Produces<O> {
  once: Promise<Given<O>>;
  late: Promise<Given<O>>;
  stream: AsyncGenerator<StreamItem, void, undefined>;
  pages: { readonly head: object; readonly pages: AsyncGenerator<readonly TranscriptEvent[], void, undefined> };
}

export interface Operation<
  Name extends string = string,
  S extends Scope = Scope,
  A extends Answers = Answers,
  I extends z.ZodType = z.ZodType,
  O extends z.ZodType = z.ZodType,
> {
  readonly name: Name;
  readonly title: string;
  /** What it does and when to use it, for people and models. */
  readonly description: string;
  /** The page of the manual that tells more, without its ending. */
  readonly guide?: 'webhooks';
  readonly scope: S;
  readonly answers: A;
  readonly rest: RestRoute;
  readonly input: I;
  readonly output: O;
  /** Codes it may raise by itself; refusals.ts has those that come from its scope, its fields and the store. */
  readonly errors: readonly ErrorCode[];
  readonly examples: readonly { readonly input: z.input<I>; readonly output: unknown }[];
  /** Taken from this allowance by address, before anything is done; what is not well formed costs nothing. With `once` only. */
  readonly rate?: RateName;
  /** It answers for a channel that its owner closed, too. */
  readonly closed?: true;
  /** It begins a session, so one that the caller still shows, which may be over, is not looked at. */
  readonly begins?: true;
  /** Its run shows the engine the session it is given with its first step, so that the gate may go by memory; with `once` only. */
  readonly shows?: true;
  /** It may wait, so the transport tells it when the caller goes away. */
  readonly parks?: true;
  /**
   * Reads the plainest input, which nearly all calls have, without asking the schema: what it returns is what the schema
   * would make of it, and undefined stands for "ask". Only for calls whose every microsecond counts.
   */
  readonly plain?: (input: Readonly<Record<string, unknown>>) => z.output<I> | undefined;
  /** Writes the output as JSON faster than JSON.stringify; the bytes are the same. */
  readonly encode?: (output: z.output<O>) => string;
  run(call: CallOf<z.output<I>>[S]): Produces<z.output<O>>[A];
}

/** An operation as the transports see it, whatever its types. */
// biome-ignore lint/suspicious/noExplicitAny: a list of operations with different inputs has no narrower type
export type AnyOperation = Operation<string, any, Answers, any, any>;

/** Defines an operation; the types of `run` follow from the schemas. */
export const operation = <Name extends string, S extends Scope, A extends Answers, I extends z.ZodType, O extends z.ZodType>(
  definition: Operation<Name, S, A, I, O>,
): Operation<Name, S, A, I, O> => definition;

export type Executed =
  | { readonly answers: 'once'; readonly value: unknown; readonly delivery: Delivery | undefined }
  | { readonly answers: 'late'; readonly given: Promise<Given<unknown>> }
  | { readonly answers: 'stream'; readonly items: AsyncGenerator<StreamItem, void, undefined> }
  | ({ readonly answers: 'pages' } & Produces<unknown>['pages']);

/**
 * The one gate: authorises, limits, validates, runs, measures.
 * @param input the fields as they came; unknown ones are refused
 * @throws HubError always, at once or later; an unexpected failure becomes `internal` in the transport, which logs it once
 */
export const execute = (
  hub: Hub,
  services: Services,
  op: AnyOperation,
  proof: Proof,
  input: unknown,
  signal?: Cancel,
): Eventually<Executed> => {
  const { record: tell } = services;
  const started = tell === null ? 0 : performance.now();
  const record = (code: string): void =>
    tell?.(op.name, proof.transport, code, Math.round((performance.now() - started) * 1000), proof.requestId);
  const failed = (error: unknown): never => {
    record(error instanceof HubError ? error.code : 'internal');
    throw error;
  };
  const answered = ({ value, delivery }: Given<unknown>): Executed => {
    record('ok');
    return { answers: 'once', value, delivery };
  };
  // No async function: a parked listen would hold its frame, and each one costs a promise and a turn.
  const perform = (call: OpenCall): Eventually<Executed> => {
    try {
      call.input = inputOf(op, input);
      const produced: unknown =
        op.rate === undefined ? op.run(call) : andThen(allow(hub, op.rate, proof), () => op.run(call) as Promise<unknown>);
      if (op.answers === 'once') return (produced as Promise<Given<unknown>>).then(answered, failed);
      record('ok');
      if (op.answers === 'late') return { answers: 'late', given: produced as Promise<Given<unknown>> };
      if (op.answers === 'stream') return { answers: 'stream', items: produced as Produces<unknown>['stream'] };
      return { answers: 'pages', ...(produced as Produces<unknown>['pages']) };
    } catch (error) {
      return failed(error);
    }
  };
  const ask = (): Eventually<OpenCall> => admit(hub, services, op, proof, signal);
  let admitted: Eventually<OpenCall>;
  try {
    const known = op.shows && hub.engine.recall ? recalled(hub, services, op, proof, signal) : undefined;
    if (known) return fromMemory(op, known, () => inputOf(op, input), ask).then(answered, failed);
    admitted = ask();
  } catch (error) {
    return failed(error);
  }
  return admitted instanceof Promise ? admitted.then(perform, failed) : perform(admitted);
};

const inputOf = (op: AnyOperation, input: unknown): unknown => op.plain?.(input as Record<string, unknown>) ?? checked(op, input);

/** @throws HubError for what the schema refuses */
const checked = (op: AnyOperation, input: unknown): unknown => {
  const parsed = op.input.safeParse(input);
  if (!parsed.success) throw problemsOf(op, parsed.error, input);
  return parsed.data;
};
