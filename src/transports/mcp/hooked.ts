/**
 * `listen` called by a client's hook instead of by its model: `since = "hook:EVENT:SESSION"`.
 *
 * Clients call a tool from a hook as they call any other, without a mark (docs/decisions/017). The value says it, and its answer is
 * the JSON that hooks are read by: a pointer to the mail, or `{}`. Nothing is taken, confirmed or shown.
 */
import { HubError } from '../../core/errors.ts';
import { type Notes, SecretNotes } from '../../core/notes.ts';
import type { Message } from '../../core/types.ts';
import type { AnyOperation, Proof } from '../../operations/operation.ts';
import type { Perform } from './perform.ts';
import type { ToolResult } from './render.ts';
import type { ToolContext } from './tools.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The shortest name of a client's session: it must not be guessed. */
const NAME = /^hook:([A-Za-z]{1,40}):([\w-]{16,128})$/;

/** As long as a hub can say what became of a seat. */
const BOUND_MS = 25 * 3_600_000;

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
  const [, callsign, channelId] = /You are ([a-z0-9_-]{1,32}) on ([a-z0-9-]{1,73})/.exec(text) ?? [];
  const [, sessionId] = /session_id: (rt_session_[\w-]+)/.exec(text) ?? [];
  return callsign && channelId && sessionId ? { sessionId, callsign, channelId, rung: 0 } : null;
};

const pointer = (channelId: string, mail: readonly Message[]): string =>
  `${mail.length} new from ${[...new Set(mail.map(({ from }) => from))].slice(0, 3).join(', ')} on ${channelId}: call listen`;

export class HookEars {
  readonly #perform: Perform;
  readonly #operations: HookOperations;
  /** Whose mail a client's session hears of, by the name of that session. */
  readonly #bound: SecretNotes;

  constructor(perform: Perform, notes: Notes, operations: HookOperations) {
    this.#perform = perform;
    this.#bound = new SecretNotes(notes, 'hook', BOUND_MS);
    this.#operations = operations;
  }

  /** Answers a hook. It is never an error: a client would show it to its human at every turn. */
  async answer(args: Fields, context: ToolContext): Promise<ToolResult> {
    const [, event = '', name = ''] = NAME.exec(String(args['since'])) ?? [];
    if (event === '') return NOTHING;
    try {
      if (event !== 'PostToolUse') return await this.#ring(event, name, context);
      const bound = joinedIn(String(args['session_id'] ?? ''));
      if (bound) await this.#keep(name, bound);
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
    return textResult({ hookSpecificOutput: { hookEventName: event, additionalContext: pointer(bound.channelId, mail) } });
  }

  #keep(name: string, bound: Bound): Promise<void> {
    return this.#bound.put(name, JSON.stringify(bound));
  }

  /** What waits in the mailbox and was handed to nobody. @throws HubError when the session is over */
  async #mail({ sessionId, callsign, channelId }: Bound, { facts, signal, bearer }: ToolContext): Promise<Message[]> {
    const proof: Proof = { transport: 'mcp', ...facts, bearer, channelId, sessionId, sessionOpens: true };
    const ask = async (operation: AnyOperation, input: Fields): Promise<Fields> =>
      (await this.#perform(operation, proof, input, signal)).value as Fields;
    const confirmed = Number.parseInt(String((await ask(this.#operations.ack, { id: 0 }))['cursor']), 10) || 0;
    const said = (await ask(this.#operations.history, { n: 100 }))['messages'] as readonly Message[];
    const mail: Message[] = [];
    for (const message of said) {
      if (message.id <= confirmed || message.from === callsign || (message.to !== callsign && message.to !== 'all')) continue;
      const { receipts } = await ask(this.#operations.message, { id: message.id });
      const own = (receipts as readonly Fields[]).find((one) => one['callsign'] === callsign);
      if (own === undefined || own['state'] === 'queued') mail.push(message);
    }
    return mail;
  }
}
