/** The local engine's part of the port for webhooks: hooks are made and found here, what is owed to them is in the outbox. */
import { HubError } from '../../core/errors.ts';
import type { Due, HookCounts, Outbox as Port } from '../../core/outbox.ts';
import { closedError, rotatedError } from '../../core/refusing.ts';
import { type Attempt, type Claimed, isArmed, keyOf, type Verdict, type Webhook, type WebhookDelivery } from '../../core/webhooks.ts';
import type { Book } from './book.ts';
import { deliveryOf, type HookState, hookInserts, newHookState } from './hook.ts';
import type { Loaded } from './load.ts';
import { Outbox } from './outbox.ts';
import type { ChannelState } from './state.ts';

export class Webhooks implements Port {
  protected readonly outbox: Outbox;
  readonly #book: Book;
  readonly #hooks: Map<string, HookState>;

  constructor(book: Book, { hooks, lastItem }: Pick<Loaded, 'hooks' | 'lastItem'>) {
    this.#book = book;
    this.#hooks = hooks;
    this.outbox = new Outbox(book, hooks, lastItem);
  }

  onDue(hear: () => void): void {
    this.outbox.onDue(hear);
  }

  async addWebhook(hook: Webhook, tokenHash: string | null): Promise<void> {
    await this.#book.stored(true, () => {
      // Looked up here: it may be erased by now, and a row of the hook would belong to nothing.
      const channel = this.#book.state(hook.channelId);
      if (channel.channel.closedAt !== null) throw closedError();
      // Its address was looked at meanwhile, which takes long enough for the owner to change the token.
      if (tokenHash !== null && tokenHash !== channel.channel.joinTokenHash) throw rotatedError();
      const before = channel.hooks;
      if ((before?.length ?? 0) >= this.#book.limits.sizes.webhooks) {
        throw new HubError('hub_full', `The channel has ${before?.length} webhooks, as many as it may have.`);
      }
      const state = newHookState(hook, channel);
      channel.hooks = [...(before ?? []), state];
      this.#hooks.set(hook.id, state);
      for (const [table, row] of hookInserts(state)) this.#book.store.insert(table, row);
      return () => {
        channel.hooks = before;
        this.#hooks.delete(hook.id);
      };
    });
  }

  webhooks(channelId: string): Webhook[] {
    return hooksOf(this.#book.state(channelId));
  }

  hookCounts(): HookCounts {
    const counts = { armed: 0, disabled: 0, waiting: 0, failed: this.outbox.failed };
    for (const { hook, channel, pending } of this.#hooks.values()) {
      counts.waiting += pending.length;
      if (channel !== null) counts[isArmed(hook) ? 'armed' : 'disabled']++;
    }
    return counts;
  }

  #find(channelId: string, webhookId: string): HookState | undefined {
    return this.#book.state(channelId).hooks?.find(({ hook }) => hook.id === webhookId);
  }

  async removeWebhook(channelId: string, webhookId: string): Promise<boolean> {
    const state = this.#find(channelId, webhookId);
    if (!state) return false;
    const channel = this.#book.state(channelId);
    this.outbox.forget(state);
    const left = channel.hooks?.filter((one) => one !== state) ?? [];
    channel.hooks = left.length > 0 ? left : null;
    await this.#book.store.commit(false);
    return true;
  }

  async disableWebhooks(keys: readonly string[], reason: string): Promise<number> {
    const lost = [...this.#hooks.values()].filter(({ hook }) => isArmed(hook) && !keys.includes(keyOf(hook.secret)));
    if (lost.length === 0) return 0;
    for (const state of lost) this.outbox.disable(state, reason);
    await this.#book.store.commit(false);
    return lost.length;
  }

  deliveries(channelId: string, webhookId: string, limit: number): WebhookDelivery[] | undefined {
    const state = this.#find(channelId, webhookId);
    if (!state) return undefined;
    const items = [...state.done, ...state.pending].sort((a, b) => b.n - a.n);
    return items.slice(0, limit).map((item) => deliveryOf(webhookId, item, this.#book.clock));
  }

  async claimTest(channelId: string, webhookId: string, leaseMs: number): Promise<Claimed | undefined> {
    const state = this.#find(channelId, webhookId);
    return state && (await this.outbox.claimTest(state, leaseMs));
  }

  claimDue(leaseMs: number, limit: number): Due {
    return this.outbox.claimDue(leaseMs, limit);
  }

  settle(claimed: Claimed, attempt: Attempt, verdict: Verdict): Promise<void> {
    return this.outbox.settle(claimed, attempt, verdict);
  }
}

/** The armed and disabled hooks of a channel. */
export const hooksOf = (state: ChannelState): Webhook[] => (state.hooks ?? []).map(({ hook }) => hook);
