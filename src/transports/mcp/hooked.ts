/**
 * `listen` called by a client's hook instead of by its model: `since = "hook:EVENT:SESSION"`.
 *
 * Clients call a tool from a hook as they call any other, without a mark (docs/decisions/017). The value says it, and its answer is
 * the JSON that hooks are read by: a pointer to the mail, or `{}`. Nothing is taken, confirmed or shown.
 */
import { HubError } from '../../core/errors.ts';
import { andThen } from '../../core/eventually.ts';
import { channelOfSession } from '../../core/ids.ts';
import { type Notes, SecretNotes } from '../../core/notes.ts';
import { pointer } from '../../core/pointer.ts';
import type { Message } from '../../core/types.ts';
import type { AnyOperation, Proof } from '../../operations/operation.ts';
import type { Perform } from './perform.ts';
import type { ToolResult } from './render.ts';
import type { ToolContext } from './tools.ts';
import type { Vouch } from './vouch.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The shortest name of a client's session: it must not be guessed. */
const NAME = /^hook:([A-Za-z]{1,40}):([\w-]{16,128})$/;

/** As long as a hub can say what became of a seat. */
const BOUND_MS = 25 * 3_600_000;
/** As many sessions of clients hear of one seat, the last that joined it: their names are whatever a caller says. */
export const NAMES_OF_A_SEAT = 4;

interface Bound {
  readonly sessionId: string;
  readonly callsign: string;
  readonly channelId: string;
  /** The last message that a turn was begun for. */
  readonly rung: number;
}

export interface HookOperations {
  readonly ack: AnyOperation;
  readonly history: AnyOperation;
  readonly message: AnyOperation;
}

/** Whether a call of `listen` is a hook's. */
export const isHookCall = (args: Fields): boolean => typeof args['since'] === 'string' && args['since'].startsWith('hook:');

const textResult = (value: object): ToolResult => ({ content: [{ type: 'text', text: JSON.stringify(value) }] });
const NOTHING = textResult({});

/** The hub's own lines come first in the answer of `join`: what peers wrote cannot stand before them. */
const joinedIn = (text: string): Bound | null => {
  const [, callsign] = /You are ([a-z0-9_-]{1,32}) on /.exec(text) ?? [];
  const [, sessionId = ''] = /session_id: (rt_session_[\w-]+)/.exec(text) ?? [];
  const channelId = channelOfSession(sessionId);
  return callsign && channelId ? { sessionId, callsign, channelId, rung: 0 } : null;
};

export class HookEars {
  readonly #perform: Perform;
  readonly #vouch: Vouch;
  readonly #operations: HookOperations;
  /** Whose mail a client's session hears of, by the name of that session. */
  readonly #bound: SecretNotes;
  /** The names under which the mail of a seat is kept, by its session. */
  readonly #names: SecretNotes;

  constructor(perform: Perform, notes: Notes, operations: HookOperations, vouch: Vouch) {
    this.#perform = perform;
    this.#vouch = vouch;
    this.#bound = new SecretNotes(notes, 'hook', BOUND_MS);
    this.#names = new SecretNotes(notes, 'hook-names', BOUND_MS);
    this.#operations = operations;
  }

  /** Answers a hook. It is never an error: a client would show it to its human at every turn. */
  async answer(args: Fields, context: ToolContext): Promise<ToolResult> {
    const [, event = '', name = ''] = NAME.exec(String(args['since'])) ?? [];
    if (event === '') return NOTHING;
    try {
      if (event !== 'PostToolUse') return await this.#ring(event, name, context);
      const bound = joinedIn(String(args['session_id'] ?? ''));
      if (bound) await this.#bind(name, bound, context);
      return NOTHING;
    } catch (error) {
      if (error instanceof HubError) return NOTHING;
      throw error;
    }
  }

  async #ring(event: string, name: string, context: ToolContext): Promise<ToolResult> {
    const kept = await this.#bound.get(name);
    if (!kept) return NOTHING;
    const bound = JSON.parse(kept) as Bound;
    const rung = event === 'SessionStart' ? 0 : bound.rung;
    let mail: readonly Message[];
    try {
      mail = await this.#mail(bound, context);
    } catch (error) {
      if (error instanceof HubError && (error.code === 'not_joined' || error.code === 'kicked')) await this.#bound.put(name, '');
      throw error;
    }
    const last = mail.at(-1)?.id ?? 0;
    // A prompt of the human begins a turn anyhow.
    const rings = last > rung || (last > 0 && event === 'UserPromptSubmit');
    const next = rings ? last : rung;
    if (next !== bound.rung) await this.#keep(name, { ...bound, rung: next });
    if (!rings) return NOTHING;
    return textResult({ hookSpecificOutput: { hookEventName: event, additionalContext: pointer(bound.channelId, mail.length) } });
  }

  /** Keeps whose mail a client's session hears of, if that is a live session. @throws HubError rate_limited, storage_unavailable */
  async #bind(name: string, bound: Bound, context: ToolContext): Promise<void> {
    // Anybody may say that a hook calls, and the text is the caller's: only the hub knows whether such a session is.
    if (!(await this.#vouch(bound.sessionId, context.facts))) return;
    // In one step where the store is in this process, so that no two of them count past each other.
    await andThen(this.#names.get(bound.sessionId), (kept) => {
      const names = kept ? (JSON.parse(kept) as string[]) : [];
      if (names.includes(name)) return;
      const over = names.length < NAMES_OF_A_SEAT ? undefined : names.shift();
      const noted = this.#names.put(bound.sessionId, JSON.stringify([...names, name]));
      return over === undefined ? noted : Promise.all([noted, this.#bound.put(over, '', 1)]).then(() => {});
    });
    await this.#keep(name, bound);
  }

  #keep(name: string, bound: Bound): Promise<void> {
    return this.#bound.put(name, JSON.stringify(bound));
  }

  /** Carries out an operation as the member whose session it is. */
  async #ask(
    { sessionId, channelId }: Bound,
    { facts, signal, bearer }: ToolContext,
    operation: AnyOperation,
    input: Fields,
  ): Promise<Fields> {
    const proof: Proof = { transport: 'mcp', ...facts, bearer, channelId, sessionId, sessionOpens: true };
    return (await this.#perform(operation, proof, input, signal)).value as Fields;
  }

  /** The last message that the seat has confirmed. @throws HubError when the session is over */
  async #confirmed(bound: Bound, context: ToolContext): Promise<number> {
    const { cursor } = await this.#ask(bound, context, this.#operations.ack, { id: 0 });
    return Number.parseInt(String(cursor), 10) || 0;
  }

  /** What waits in the mailbox and was handed to nobody. @throws HubError when the session is over */
  async #mail(bound: Bound, context: ToolContext): Promise<Message[]> {
    const { callsign } = bound;
    const confirmed = await this.#confirmed(bound, context);
    const said = (await this.#ask(bound, context, this.#operations.history, { n: 100 }))['messages'] as readonly Message[];
    const mail: Message[] = [];
    for (const message of said) {
      if (message.id <= confirmed || message.from === callsign || (message.to !== callsign && message.to !== 'all')) continue;
      const { receipts } = await this.#ask(bound, context, this.#operations.message, { id: message.id });
      const own = (receipts as readonly Fields[]).find((one) => one['callsign'] === callsign);
      if (own === undefined || own['state'] === 'queued') mail.push(message);
    }
    return mail;
  }
}
