/**
 * Who is listening in this process: parked requests by channel and callsign.
 *
 * Waking a {@link Waiter} costs a map look-up; nobody polls, and nobody is asked who does not listen on that channel.
 */
import { HubError } from './errors.ts';
import { RosterLook } from './look.ts';
import type { Eventually, Message } from './types.ts';
import { MAIL, Tally, type Waiter, type Wake } from './waiter.ts';

/** Observers watch a channel without a seat; they stand under the name that no callsign can have. */
const OBSERVER = '';

const NOBODY: ReadonlySet<string> = new Set();

export class Waiters {
  readonly #channels = new Map<string, Map<string, Waiter[]>>();
  /** The seats that a status was given to here. Mailboxes know it of all that is in them. */
  readonly #given = new WeakMap<Message, Set<string>>();
  /** By channel, those who sleep beside mail: see {@link hold}. */
  readonly #held = new Map<string, Set<Waiter>>();
  #count = 0;
  /** What everybody was told who was parked, and whoever comes later. */
  #end: Wake | null = null;

  /** How many are parked in this process. */
  get count(): number {
    return this.#count;
  }

  /** Parks a waiter; the oldest of a seat that has more than `most` is ended as superseded. */
  park(waiter: Waiter, most: number): void {
    let seats = this.#channels.get(waiter.channelId);
    if (!seats) {
      seats = new Map();
      this.#channels.set(waiter.channelId, seats);
    }
    const name = waiter.callsign ?? OBSERVER;
    const parked = seats.get(name);
    this.#count++;
    if (this.#end !== null) waiter.wake(this.#end);
    if (!parked) {
      seats.set(name, [waiter]);
      return;
    }
    parked.push(waiter);
    if (waiter.callsign !== null && parked.length > most) parked.shift()!.wake({ type: 'superseded' });
  }

  /**
   * This waiter sleeps beside mail that it was given before and never confirmed. Whatever is said on the channel next may
   * push that out of the ring and bring up what stood behind it, so the waiter looks again then.
   */
  hold(waiter: Waiter): void {
    let held = this.#held.get(waiter.channelId);
    if (!held) {
      held = new Set();
      this.#held.set(waiter.channelId, held);
    }
    held.add(waiter);
  }

  #wakeHeld(channelId: string): void {
    const held = this.#held.get(channelId);
    if (!held) return;
    this.#held.delete(channelId);
    for (const waiter of held) waiter.wake(MAIL);
  }

  /** Takes a waiter away. Safe to call for one that is gone. */
  unpark(waiter: Waiter): void {
    this.#count--;
    const held = this.#held.size > 0 ? this.#held.get(waiter.channelId) : undefined;
    if (held?.delete(waiter) && held.size === 0) this.#held.delete(waiter.channelId);
    const seats = this.#channels.get(waiter.channelId);
    const name = waiter.callsign ?? OBSERVER;
    const parked = seats?.get(name);
    const at = parked?.indexOf(waiter) ?? -1;
    if (!seats || !parked || at < 0) return;
    if (parked.length > 1) parked.splice(at, 1);
    else if (seats.size > 1) seats.delete(name);
    else this.#channels.delete(waiter.channelId);
  }

  /** Whether another listener of the same seat was given this status; from here on it was. */
  repeats({ callsign }: Waiter, status: Message): boolean {
    if (callsign === null) return false;
    const seats = this.#given.get(status) ?? new Set();
    const given = seats.has(callsign);
    this.#given.set(status, seats.add(callsign));
    return given;
  }

  /** Wakes whom a message is for, wherever it was sent. */
  announce(channelId: string, message: Message): void {
    for (const waiter of this.#for(channelId, message)) waiter.hear(message, null);
    this.#wakeHeld(channelId);
  }

  /**
   * Wakes whom a message is for and waits until each has answered or gone on waiting.
   * @returns the callsigns whose listener's answer carried it and was accepted by a live socket
   */
  deliver(channelId: string, message: Message): Eventually<ReadonlySet<string>> {
    const waiters = this.#for(channelId, message);
    if (this.#held.size > 0) this.#wakeHeld(channelId);
    if (waiters.length === 0) return NOBODY;
    // Observers are woken and not waited for.
    let seated = 0;
    for (const waiter of waiters) if (waiter.callsign !== null) seated++;
    if (seated === 0) {
      for (const waiter of waiters) waiter.hear(message, null);
      return NOBODY;
    }
    return new Promise((resolve) => {
      const tally = new Tally(message, seated, resolve);
      for (const waiter of waiters) waiter.hear(message, waiter.callsign === null ? null : tally);
    });
  }

  /** Wakes the observers of a channel: its roster changed. */
  announceRoster(channelId: string): void {
    const look = new RosterLook();
    for (const waiter of this.#channels.get(channelId)?.get(OBSERVER) ?? []) {
      waiter.look = look;
      waiter.wake(MAIL);
    }
  }

  /**
   * A session began or ended elsewhere: whoever listens looks whether it still may, and observers at the roster.
   * @param callsign whose session; null: anybody's
   */
  turn(channelId: string, callsign: string | null): void {
    for (const [name, parked] of this.#channels.get(channelId) ?? []) {
      if (callsign === null || name === callsign) for (const waiter of parked) waiter.wake(MAIL);
    }
    this.announceRoster(channelId);
  }

  /**
   * A step that ends sessions of a channel. One that failed may be done all the same, where only its sync or its answer did:
   * then whoever listens looks whether it still may. One that was refused is not.
   * @param callsign whose sessions; null: anybody's
   * @throws what it throws
   */
  async ending<T>(channelId: string, callsign: string | null, step: Promise<T>): Promise<T> {
    try {
      return await step;
    } catch (error) {
      if (!(error instanceof HubError) || error.code === 'storage_unavailable') this.turn(channelId, callsign);
      throw error;
    }
  }

  /** Ends every waiter of a session. */
  endSession(channelId: string, sessionHash: string, error: HubError): void {
    for (const parked of this.#channels.get(channelId)?.values() ?? []) {
      for (const waiter of parked) if (waiter.sessionHash === sessionHash) waiter.wake({ type: 'ended', error });
    }
  }

  /** Ends every waiter of a callsign. */
  endSeat(channelId: string, callsign: string, wake: Wake): void {
    for (const waiter of this.#channels.get(channelId)?.get(callsign) ?? []) waiter.wake(wake);
  }

  /** Ends every waiter of a channel. */
  endChannel(channelId: string, wake: Wake): void {
    for (const parked of this.#channels.get(channelId)?.values() ?? []) for (const waiter of parked) waiter.wake(wake);
  }

  /** Ends every waiter, and everyone that is parked from now on. */
  endAll(wake: Wake): void {
    this.#end = wake;
    for (const channelId of this.#channels.keys()) this.endChannel(channelId, wake);
  }

  #for(channelId: string, message: Message): Waiter[] {
    const seats = this.#channels.get(channelId);
    if (!seats) return [];
    const observers = seats.get(OBSERVER);
    if (message.to !== 'all') {
      const addressed = seats.get(message.to) ?? [];
      return observers ? [...addressed, ...observers] : [...addressed];
    }
    const all: Waiter[] = [];
    for (const [name, parked] of seats) if (name !== message.from) all.push(...parked);
    return all;
  }
}
