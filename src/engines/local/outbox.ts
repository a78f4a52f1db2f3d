/**
 * The outbox of the local engine: what is owed to webhooks.
 *
 * A delivery is put in by the job that stores what happened, so both are in one transaction. Leases are in memory:
 * another process can only come after this one has died, and then nobody holds any.
 */
import { newDeliveryId, newNonce } from '../../core/ids.ts';
import type { Due } from '../../core/outbox.ts';
import {
  type Attempt,
  type Claimed,
  concerns,
  dataOf,
  type EventData,
  goesWithToken,
  type Happening,
  ROTATED,
  testData,
  type Verdict,
} from '../../core/webhooks.ts';
import type { Book } from './book.ts';
import { deliveryOf, type HookState, hookRow, type Item, itemRow } from './hook.ts';
import type { ChannelState } from './state.ts';

export class Outbox {
  readonly #book: Book;
  readonly #hooks: Map<string, HookState>;
  /** Those to which something is owed; who was served last stands last. */
  readonly #owed = new Set<HookState>();
  #lastItem: number;
  #failed = 0;
  #hear: () => void = () => {};

  /** @param hooks all there are, by id */
  constructor(book: Book, hooks: Map<string, HookState>, lastItem: number) {
    this.#book = book;
    this.#hooks = hooks;
    this.#lastItem = lastItem;
    for (const state of [...hooks.values()]) {
      if (state.pending.length > 0) this.#owed.add(state);
      // The process may have died between the end of its channel and this.
      this.#forgetIfClosed(state);
    }
  }

  /** Deliveries that were given up since the start. */
  get failed(): number {
    return this.#failed;
  }

  onDue(hear: () => void): void {
    this.#hear = hear;
  }

  /** Something was put in and is stored. */
  tell(): void {
    this.#hear();
  }

  /** Something was put in, and nobody waits until it is stored. */
  tellWhenStored(): void {
    this.#whenStored(() => this.tell());
  }

  #whenStored(go: () => void): void {
    // What could not be stored was reported, and is tried again.
    this.#book.store.commit(false).then(go, go);
  }

  /**
   * Owes a happening to the hooks of its channel. To be called by the job that stores it.
   * @param seq of the transcript event of a message, if there is one
   * @returns how to take it back
   */
  put(channel: ChannelState, happening: Happening, seq: number | null = null): () => void {
    const undo: (() => void)[] = [];
    const message = happening.type === 'message.created' ? happening.message : null;
    for (const state of channel.hooks ?? []) {
      if (!concerns(state.hook, happening)) continue;
      const data = message === null ? dataOf(channel.channel.id, happening) : null;
      const item: Item = { ...this.#newItem(happening.type, data), messageId: message?.id ?? null, seq, message };
      undo.push(this.#push(state, item));
    }
    return () => {
      for (const back of undo.reverse()) back();
    };
  }

  #newItem(type: Item['type'], data: EventData | null): Item {
    return {
      ...{ n: ++this.#lastItem, id: newDeliveryId(), type, at: this.#book.clock.now(), messageId: null, seq: null, data, message: null },
      ...{ state: 'pending', reason: null, attempts: [], dueAt: this.#book.clock.uptime(), lease: null, leasedUntil: 0 },
    };
  }

  #push(state: HookState, item: Item): () => void {
    const { pending, done, held } = state;
    state.pending = [...pending, item];
    state.held += item.message?.text.length ?? 0;
    const overdue: Item[] = [];
    const { deliveriesWaiting, ringBytes } = this.#book.limits.sizes;
    while (state.pending.length > deliveriesWaiting || state.held > ringBytes) {
      const oldest = this.#oldestWaiting(state, item);
      if (!oldest) break;
      overdue.push({ ...oldest });
      this.#finish(state, oldest, 'failed', 'given up: more than the hub keeps was waiting');
    }
    this.#owed.add(state);
    this.#write(state, item);
    return () => {
      for (const before of overdue) Object.assign(pending.find(({ n }) => n === before.n)!, before);
      this.#failed -= overdue.length;
      Object.assign(state, { pending, done, held });
      if (pending.length === 0) this.#owed.delete(state);
    };
  }

  /**
   * What is given up first. Not what is under way: it may arrive, and the next would be a second request beside it.
   * @param newest is kept, whatever its size
   */
  #oldestWaiting({ pending }: HookState, newest: Item): Item | undefined {
    const now = this.#book.clock.uptime();
    return pending.find((item) => item !== newest && item.leasedUntil <= now);
  }

  /** Nothing more is tried. */
  #finish(state: HookState, item: Item, as: 'delivered' | 'failed', reason: string | null): void {
    state.pending = state.pending.filter((one) => one !== item);
    state.held -= item.message?.text.length ?? 0;
    item.message = null;
    if (item.lease !== null && item.type !== 'webhook.test') state.busyUntil = 0;
    item.state = as;
    if (as === 'failed') this.#failed++;
    item.reason = reason;
    item.lease = null;
    state.done = [...state.done, item];
    this.#write(state, item);
    if (state.pending.length === 0) this.#owed.delete(state);
  }

  #write(state: HookState, item: Item): void {
    this.#book.store.insert('deliveries', itemRow(state.hook.id, item, this.#book.clock));
  }

  /** Forgets what was done long ago. */
  #trim(state: HookState): void {
    const most = this.#book.limits.sizes.deliveriesKept;
    if (state.done.length <= most) return;
    for (const { n } of state.done.slice(0, -most)) this.#book.store.remove('DELETE FROM deliveries WHERE n = ?', [n]);
    state.done = state.done.slice(-most);
  }

  // Sending

  claimDue(leaseMs: number, limit: number): Due {
    const now = this.#book.clock.uptime();
    const claimed: Claimed[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const state of [...this.#owed]) {
      if (state.busyUntil > now) {
        next = Math.min(next, state.busyUntil);
        continue;
      }
      const at = (item: Item): number => Math.max(item.dueAt, item.leasedUntil);
      const due = state.pending.find((item) => at(item) <= now);
      if (!due) next = Math.min(next, ...state.pending.map(at));
      else if (claimed.length >= limit) next = now;
      else {
        state.busyUntil = now + leaseMs;
        next = Math.min(next, state.busyUntil);
        // Everybody's turn comes.
        this.#owed.delete(state);
        this.#owed.add(state);
        claimed.push(this.#claim(state, due, leaseMs));
      }
    }
    return { claimed, nextMs: next === Number.POSITIVE_INFINITY ? null : Math.max(0, next - now) };
  }

  #claim(state: HookState, item: Item, leaseMs: number): Claimed {
    item.lease = newNonce();
    item.leasedUntil = this.#book.clock.uptime() + leaseMs;
    const data = item.data ?? { channel_id: state.hook.channelId, message: item.message ?? this.#book.restOf(state.channel, item) };
    return { lease: item.lease, hook: state.hook, delivery: deliveryOf(state.hook.id, item, this.#book.clock), data };
  }

  async claimTest(state: HookState, leaseMs: number): Promise<Claimed | undefined> {
    let item: Item | null = null;
    await this.#book.stored(false, () => {
      // Deleted meanwhile: a row of it would belong to nothing.
      if (this.#hooks.get(state.hook.id) !== state) return () => {};
      item = this.#newItem('webhook.test', testData(state.hook, this.#book.clock.now()));
      // Nobody else's from the start.
      item.leasedUntil = this.#book.clock.uptime() + leaseMs;
      return this.#push(state, item);
    });
    return item ? this.#claim(state, item, leaseMs) : undefined;
  }

  async settle({ lease, hook, delivery }: Claimed, attempt: Attempt, verdict: Verdict): Promise<void> {
    const state = this.#hooks.get(hook.id);
    if (!state) return;
    await this.#book.stored(false, () => {
      const item = state.pending.find(({ id }) => id === delivery.id);
      // Given up, or another's by now.
      if (item?.lease !== lease) return () => {};
      const back = this.#keep(state, verdict.state === 'disable' ? state.pending : [item]);
      this.#settle(state, item, attempt, verdict);
      return back;
    });
    this.#trim(state);
    this.#forgetIfClosed(state);
  }

  /** Remembers how a hook stands, and what is owed to it. @returns how to take back what is done to them in this turn */
  #keep(state: HookState, items: readonly Item[]): () => void {
    const [before, failed] = [{ ...state }, this.#failed];
    const touched = items.map((one) => [one, { ...one }] as const);
    return () => {
      Object.assign(state, before);
      this.#failed = failed;
      for (const [one, was] of touched) Object.assign(one, was);
      if (state.pending.length > 0) this.#owed.add(state);
    };
  }

  #settle(state: HookState, item: Item, attempt: Attempt, verdict: Verdict): void {
    item.attempts = [...item.attempts, attempt];
    item.leasedUntil = 0;
    if (item.type !== 'webhook.test') state.busyUntil = 0;
    if (verdict.state === 'retry') {
      item.lease = null;
      item.dueAt = this.#book.clock.uptime() + verdict.inMs;
      this.#write(state, item);
      return;
    }
    this.#finish(state, item, verdict.state === 'delivered' ? 'delivered' : 'failed', null);
    if (verdict.state === 'disable') this.disable(state, verdict.reason);
  }

  // Ends

  /** Sends nothing more to a hook. Written with the next transaction. */
  disable(state: HookState, reason: string): void {
    state.hook = { ...state.hook, disabled: reason };
    for (const item of state.pending) this.#finish(state, item, 'failed', 'given up: the webhook was disabled');
    this.#trim(state);
    this.#book.store.insert('webhooks', hookRow(state));
  }

  /** The join token is changed. To be called by the job that changes it. @returns how to take it back */
  rotate({ hooks }: ChannelState): () => void {
    const gone = (hooks ?? []).filter(({ hook }) => goesWithToken(hook));
    const undo = gone.map((state) => this.#keep(state, state.pending));
    for (const state of gone) this.disable(state, ROTATED);
    return () => {
      for (const back of undo) back();
    };
  }

  /** Forgets a hook and all that is owed to it. Written with the next transaction. */
  forget(state: HookState): void {
    this.#hooks.delete(state.hook.id);
    this.#owed.delete(state);
    this.#book.store.remove('DELETE FROM webhooks WHERE id = ?', [state.hook.id]);
    if (state.hook.byOwner) this.#book.store.remove('DELETE FROM owned WHERE hook = ?', [state.hook.id]);
    for (const { n } of [...state.pending, ...state.done]) this.#book.store.remove('DELETE FROM deliveries WHERE n = ?', [n]);
    state.pending = [];
  }

  /**
   * A channel is going: its hooks are told, and stay until they have been. To be called by the job that takes it away.
   * @returns how to take it back
   */
  closeChannel(channel: ChannelState, reason: string): () => void {
    const { hooks } = channel;
    if (hooks === null) return () => {};
    const undo = this.put(channel, { type: 'channel.closed', reason });
    channel.hooks = null;
    for (const state of hooks) {
      state.channel = null;
      this.#book.store.insert('webhooks', hookRow(state));
    }
    this.#whenStored(() => {
      for (const state of hooks) this.#forgetIfClosed(state);
      this.tell();
    });
    return () => {
      for (const state of hooks) state.channel = channel;
      channel.hooks = hooks;
      undo();
    };
  }

  #forgetIfClosed(state: HookState): void {
    if (state.channel === null && state.pending.length === 0) this.forget(state);
  }
}
