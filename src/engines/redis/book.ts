/** What the parts of the Redis engine share: one way to run a script on a channel, and one clock. */
import type { Clock } from '../../core/clock.ts';
import { type ErrorCode, HubError } from '../../core/errors.ts';
import type { Limits } from '../../core/limits.ts';
import type { ScriptName } from './lua/index.ts';
import type { SharedSeal } from './seal.ts';
import type { Reply, Store } from './store.ts';

export interface BookOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly seal: SharedSeal;
  /** Names this process among the hubs of the store. */
  readonly node: string;
  /** What stands between the monotonic clock of this process and the time that all hubs share, ms. */
  readonly offset: number;
  /** So long after another hub noted its time that one is believed to have gone on, ms. */
  readonly unheardMs: number;
  readonly report: (error: unknown) => void;
}

export type Argument = string | number | boolean;

/** A hub that is behind the others by less than this stays so: what it was told took time to come. */
const BEHIND_MS = 1_000;

/** A list, as a script answers. */
export type Answer = readonly Reply[];

const textOf = (value: Argument): string => (typeof value === 'boolean' ? (value ? '1' : '') : String(value));

export class Book {
  readonly store: Store;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly seal: SharedSeal;
  readonly node: string;
  readonly report: (error: unknown) => void;
  readonly #unheardMs: number;
  #offset: number;

  constructor(options: BookOptions) {
    this.store = options.store;
    this.clock = options.clock;
    this.limits = options.limits;
    this.seal = options.seal;
    this.node = options.node;
    this.report = options.report;
    this.#offset = options.offset;
    this.#unheardMs = options.unheardMs;
  }

  /** Monotonic ms that all hubs share: for every duration. */
  now(): number {
    return this.clock.uptime() + this.#offset;
  }

  /**
   * Notes for the other hubs what time it is, and goes by theirs when this one is behind: its machine slept, or one that
   * started later was given a later time by the store. Else each would take the other's sessions for older than they are.
   * @throws HubError storage_unavailable
   */
  async tick(): Promise<void> {
    const { store } = this;
    const furthest = Number(await store.run('tick', store.key('clock'), [String(this.now()), String(this.#unheardMs)]));
    const behind = furthest - this.now();
    if (behind > BEHIND_MS) this.#offset += behind;
  }

  /**
   * Runs a script on a channel.
   * @throws HubError what the script refuses with; storage_unavailable
   */
  run(name: ScriptName, channelId: string, ...args: readonly Argument[]): Promise<Reply> {
    return this.#run(name, channelId, args, false);
  }

  /**
   * {@link run}, for an answer that promises something or gives away what was said: it comes when all that it rests on is
   * as durable as the operator asked for.
   * @throws HubError what the script refuses with; storage_unavailable: it may be done all the same
   */
  sure(name: ScriptName, channelId: string, ...args: readonly Argument[]): Promise<Reply> {
    return this.#run(name, channelId, args, this.store.replicated);
  }

  async #run(name: ScriptName, channelId: string, args: readonly Argument[], sure: boolean): Promise<Reply> {
    const { store, clock, seal, node } = this;
    const rest = [String(this.now()), String(clock.now()), seal.id, sure ? `${node}+` : node, ...args.map(textOf)];
    const answer = await store.runOn(name, channelId, rest, sure);
    if (Array.isArray(answer) && answer[0] === '!') throw refusal(answer as readonly string[]);
    return answer;
  }

  /** {@link run}, for a script whose answer nobody waits for. What cannot be done now is no longer true later. */
  tell(name: ScriptName, channelId: string, ...args: readonly Argument[]): void {
    this.run(name, channelId, ...args).catch((error: unknown) => {
      if (!(error instanceof HubError)) this.report(error);
    });
  }
}

/** Refusals that need more than a code and a detail; filled in by the parts that know them. */
const SPECIAL = new Map<string, (words: readonly string[]) => Error>();

export const refuseWith = (word: string, make: (words: readonly string[]) => Error): void => void SPECIAL.set(word, make);

const refusal = ([, word = 'internal', ...words]: readonly string[]): Error => {
  const special = SPECIAL.get(words[0] === undefined ? word : `${word} ${words[0]}`) ?? SPECIAL.get(word);
  return special ? special(words) : new HubError(word as ErrorCode, words[0]);
};
