/**
 * `listen` called by a client's hook instead of by its model: `since = "hook:EVENT:SESSION"`.
 *
 * Clients call a tool from a hook as they call any other, without a mark (docs/decisions/017). The value says it, and its answer is
 * the JSON that hooks are read by: a pointer to the mail, or `{}`. Nothing is taken, confirmed or shown.
 */
import { HubError } from '../../core/errors.ts';
import type { Message } from '../../core/types.ts';
import type { AnyOperation, Proof } from '../../operations/operation.ts';
import type { Perform } from './perform.ts';
import type { ToolResult } from './render.ts';
import type { ToolContext } from './tools.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Sessions of clients that are known, and the shortest name of one: it must not be guessed. */
const MOST = 10_000;
const NAME = /^hook:([A-Za-z]{1,40}):([\w-]{16,128})$/;

interface Bound {
  readonly sessionId: string;
  readonly callsign: string;
  readonly channelId: string;
  /** The last message that a turn was begun for. */
  rung: number;
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
  /** Oldest first. */
  readonly #bound = new Map<string, Bound>();

  constructor(perform: Perform, operations: HookOperations) {
    this.#perform = perform;
    this.#operations = operations;
  }

  /** Answers a hook. It is never an error: a client would show it to its human at every turn. */
  async answer(args: Fields, context: ToolContext): Promise<ToolResult> {
    const [, event = '', name = ''] = NAME.exec(String(args['since'])) ?? [];
    if (event === 'PostToolUse') this.#bind(name, joinedIn(String(args['session_id'] ?? '')));
    const bound = this.#bound.get(name);
    if (!bound || event === '' || event === 'PostToolUse') return NOTHING;
    if (event === 'SessionStart') bound.rung = 0;
    try {
      const mail = await this.#mail(bound, context);
      const last = mail.at(-1)?.id ?? 0;
      // A prompt of the human begins a turn anyhow.
      if (last === 0 || (last <= bound.rung && event !== 'UserPromptSubmit')) return NOTHING;
      bound.rung = last;
      return textResult({ hookSpecificOutput: { hookEventName: event, additionalContext: pointer(bound.channelId, mail) } });
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      if (error.code === 'not_joined' || error.code === 'kicked') this.#bound.delete(name);
      return NOTHING;
    }
  }

  #bind(name: string, bound: Bound | null): void {
    if (name === '' || bound === null) return;
    this.#bound.delete(name);
    this.#bound.set(name, bound);
    if (this.#bound.size <= MOST) return;
    for (const oldest of this.#bound.keys()) {
      this.#bound.delete(oldest);
      return;
    }
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
