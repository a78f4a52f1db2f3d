/**
 * The outbox of the Redis engine: hooks, and what is owed to them. Every hub sends; a lease in the store says which one
 * delivers what.
 *
 * Which channels have hooks stands in a register of the store. Each hub remembers when a channel has something due, and
 * looks at the whole register now and then, for what a hub that died was about to send.
 */
import { newNonce } from '../../core/ids.ts';
import type { DeliveryRecord } from '../../core/moving.ts';
import type { Due, HookCounts } from '../../core/outbox.ts';
import {
  type Attempt,
  type Claimed,
  dataOf,
  type EventData,
  type RestOfMessage,
  testData,
  type Verdict,
  type Webhook,
  type WebhookDelivery,
} from '../../core/webhooks.ts';
import type { Answer, Book } from './book.ts';
import { openMessage } from './seal.ts';

/** How long what another hub left lying waits to be found, ms. */
const LOOK_MS = 30_000;

/** A delivery as the scripts keep it. */
export interface Item {
  readonly id: string;
  readonly type: WebhookDelivery['type'];
  readonly at: number;
  readonly state: WebhookDelivery['state'];
  readonly reason?: string;
  readonly attempts: readonly Attempt[];
  readonly lease?: string;
  readonly messageId?: number;
  readonly seq?: number;
  readonly member?: { readonly callsign: string; readonly reason?: string; readonly verified?: boolean; readonly authorized?: boolean };
  readonly why?: string;
}

export interface Kept extends Webhook {
  readonly n: number;
}

export const hookOf = (json: string): Kept => {
  const { most, bytes, ...hook } = JSON.parse(json) as Kept & { most: number; bytes: number };
  return { ...hook, byOwner: hook.byOwner === true };
};

export const plain = ({ n, ...hook }: Kept): Webhook => hook;

/** What is posted of anything but a message. */
export const dataOfItem = (hook: Webhook, item: Item): EventData => {
  const { type, at, why = '', member = { callsign: '' } } = item;
  const { callsign, reason = null, verified = false, authorized = false } = member;
  if (type === 'channel.closed') return dataOf(hook.channelId, { type, reason: why });
  if (type === 'member.joined') return dataOf(hook.channelId, { type, callsign, sender: { verified, authorized } });
  if (type === 'member.left') return dataOf(hook.channelId, { type, callsign, reason });
  return testData(hook, at);
};

/** A delivery that was moved here, as the scripts keep it. */
export const itemOf = ({ id, at, type, messageId, seq, data, state, reason, attempts }: DeliveryRecord): Item => ({
  ...{ id, at, type, state, attempts },
  ...(reason === null ? {} : { reason }),
  ...(messageId === null ? {} : { messageId }),
  ...(seq === null ? {} : { seq }),
  ...(data?.member === undefined ? {} : { member: data.member }),
  ...(data?.reason === undefined ? {} : { why: data.reason }),
});

export class Outbox {
  readonly #book: Book;
  /** By channel, the shared time at which something may be due; who was served last stands last. */
  readonly #due = new Map<string, number>();
  #hear: () => void = () => {};
  #looked = Number.NEGATIVE_INFINITY;
  #stopLooking: () => void = () => {};
  #closed = false;
  #failed = 0;

  constructor(book: Book) {
    this.#book = book;
    this.#lookLater();
  }

  #lookLater(): void {
    this.#stopLooking = this.#book.clock.after(LOOK_MS, () => {
      this.#hear();
      setImmediate(() => {
        if (!this.#closed) this.#lookLater();
      });
    });
  }

  close(): void {
    this.#closed = true;
    this.#stopLooking();
  }

  onDue(hear: () => void): void {
    this.#hear = hear;
  }

  /** Something may have been put in. */
  tell(channelId: string): void {
    this.#due.set(channelId, Number.NEGATIVE_INFINITY);
    this.#hear();
  }

  #register(): string {
    return this.#book.store.key('hooked');
  }

  // Hooks

  async add(hook: Webhook, tokenHash: string | null): Promise<void> {
    const { store, limits } = this.#book;
    const kept = { ...hook, most: limits.sizes.deliveriesWaiting, bytes: limits.sizes.ringBytes };
    await store.command(['HSET', this.#register(), hook.channelId, ''], true);
    await this.#book.sure('addHook', hook.channelId, hook.id, JSON.stringify(kept), limits.sizes.webhooks, tokenHash ?? '');
    // Another hub may have found the channel without a hook in between.
    await store.command(['HSET', this.#register(), hook.channelId, ''], true);
  }

  async list(channelId: string): Promise<Webhook[]> {
    const found = (await this.#book.run('hooks', channelId)) as string[];
    return found
      .map(hookOf)
      .sort((a, b) => a.n - b.n)
      .map(plain);
  }

  /** Deliveries given up are those of this hub's own attempts. */
  async counts(): Promise<HookCounts> {
    const counts = { armed: 0, disabled: 0, waiting: 0, failed: this.#failed };
    for (const channelId of await this.#hooked()) {
      const [armed = 0, disabled = 0, waiting = 0] = (await this.#book.run('countHooks', channelId)) as number[];
      counts.armed += armed;
      counts.disabled += disabled;
      counts.waiting += waiting;
    }
    return counts;
  }

  async remove(channelId: string, webhookId: string): Promise<boolean> {
    return (await this.#book.sure('removeHook', channelId, webhookId)) === 1;
  }

  async disableExcept(keys: readonly string[], reason: string): Promise<number> {
    let count = 0;
    for (const channelId of await this.#hooked()) count += (await this.#book.run('disableHooks', channelId, reason, ...keys)) as number;
    return count;
  }

  async #hooked(): Promise<string[]> {
    return (await this.#book.store.command(['HKEYS', this.#register()])) as string[];
  }

  async deliveries(channelId: string, webhookId: string, limit: number): Promise<WebhookDelivery[] | undefined> {
    const [there, ...found] = (await this.#book.run('deliveries', channelId, webhookId, limit)) as [number?, ...[number, string, string][]];
    if (there === undefined) return undefined;
    return found.map(([, json, at]) => this.#delivery(webhookId, JSON.parse(json) as Item, at === '' ? null : Number(at)));
  }

  #delivery(webhookId: string, item: Item, at: number | null): WebhookDelivery {
    const { clock } = this.#book;
    const waits = item.state === 'pending' && at !== null;
    return {
      ...{ id: item.id, webhookId, type: item.type, at: item.at, messageId: item.messageId ?? null },
      ...{ state: item.state, reason: item.reason ?? null, attempts: Array.isArray(item.attempts) ? item.attempts : [] },
      nextAt: waits ? Math.round(clock.now() + (item.lease ? 0 : Math.max(0, at - this.#book.now()))) : null,
    };
  }

  // Sending

  async claimTest(channelId: string, webhookId: string, leaseMs: number): Promise<Claimed | undefined> {
    const [found] = (await this.#book.sure('claimTest', channelId, webhookId, newNonce(), leaseMs)) as Answer[];
    return found && this.#claimed(found);
  }

  async claimDue(leaseMs: number, limit: number): Promise<Due> {
    try {
      return await this.#claimDue(leaseMs, limit);
    } catch (error) {
      // Left to the hubs that go on.
      if (this.#closed) return { claimed: [], nextMs: null };
      throw error;
    }
  }

  async #claimDue(leaseMs: number, limit: number): Promise<Due> {
    const now = this.#book.now();
    if (now - this.#looked >= LOOK_MS) {
      this.#looked = now;
      for (const channelId of await this.#hooked()) this.#due.set(channelId, this.#due.get(channelId) ?? now);
    }
    const claimed: Claimed[] = [];
    for (const [channelId, due] of [...this.#due]) {
      if (claimed.length >= limit || due > now) continue;
      const [next, hooks, ...found] = (await this.#book.sure('claimDue', channelId, newNonce(), leaseMs, limit - claimed.length)) as [
        ...[string, number],
        ...Answer[],
      ];
      this.#due.delete(channelId);
      if (next !== '') this.#due.set(channelId, Number(next));
      if (hooks === 0) await this.#book.store.command(['HDEL', this.#register(), channelId]);
      for (const one of found) claimed.push(this.#claimed(one));
    }
    const next = Math.min(...this.#due.values());
    return { claimed, nextMs: next === Number.POSITIVE_INFINITY ? null : Math.max(0, next - this.#book.now()) };
  }

  #claimed([hookJson, n, itemJson, body, line]: Answer): Claimed {
    const hook = plain(hookOf(hookJson as string));
    const item = JSON.parse(itemJson as string) as Item;
    return {
      lease: `${n} ${item.lease}`,
      hook,
      delivery: this.#delivery(hook.id, item, this.#book.now()),
      data: this.#data(hook, item, body as string, line as string[]),
    };
  }

  #data(hook: Webhook, item: Item, body: string, line: readonly string[]): EventData {
    if (item.type !== 'message.created') return dataOfItem(hook, item);
    return { channel_id: hook.channelId, message: this.#message(item, body, line) };
  }

  /** The message, or what the transcript has of one whose text nobody can open any more. */
  #message(item: Item, body: string, line: readonly string[]): RestOfMessage {
    if (body !== '') {
      const message = openMessage(this.#book.seal, body);
      if (message !== null) return message;
    }
    const id = item.messageId ?? 0;
    if (line.length < 6) return { id, text: null };
    const { from, to, text = null, reply_to, sender } = JSON.parse(line[5]!);
    return { id, from, to, text, at: new Date(Number(line[3])).toISOString(), ...(reply_to === undefined ? {} : { reply_to }), sender };
  }

  async settle({ lease, hook }: Claimed, attempt: Attempt, verdict: Verdict): Promise<void> {
    const [n = '', held = ''] = lease.split(' ', 2);
    const more = verdict.state === 'retry' ? verdict.inMs : verdict.state === 'disable' ? verdict.reason : '';
    const kept = this.#book.limits.sizes.deliveriesKept;
    this.#failed += (await this.#book.sure(
      'settle',
      hook.channelId,
      hook.id,
      n,
      held,
      JSON.stringify(attempt),
      verdict.state,
      more,
      kept,
    )) as number;
    if (!this.#closed) this.tell(hook.channelId);
  }
}
