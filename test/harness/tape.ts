/** A stream that is being read: its events in the order they came. */

import type { StreamEvent } from './transports/wire.ts';
import { until } from './until.ts';

export class Tape {
  readonly events: StreamEvent[] = [];
  /** Settled when the stream is over; rejected when it was refused or broke off. */
  readonly over: Promise<void>;
  readonly #gone = new AbortController();
  #read = 0;
  #done = false;

  constructor(open: (signal: AbortSignal) => AsyncGenerator<StreamEvent, void, undefined>) {
    this.over = this.#run(open(this.#gone.signal));
    this.over.catch(() => {});
  }

  async #run(events: AsyncGenerator<StreamEvent, void, undefined>): Promise<void> {
    try {
      for await (const event of events) this.events.push(event);
    } catch (error) {
      if (!this.#gone.signal.aborted) throw error;
    } finally {
      this.#done = true;
    }
  }

  /** The next event. */
  async next(): Promise<StreamEvent> {
    await until(() => this.events.length > this.#read || this.#done, 'an event');
    const event = this.events[this.#read];
    if (!event) {
      await this.over;
      throw new Error('the stream is over');
    }
    this.#read++;
    return event;
  }

  async take(count: number): Promise<StreamEvent[]> {
    const taken: StreamEvent[] = [];
    while (taken.length < count) taken.push(await this.next());
    return taken;
  }

  /** The next event, which must be a message. */
  async message(): Promise<Extract<StreamEvent, { type: 'message' }>> {
    const event = await this.next();
    if (event.type !== 'message') throw new Error(`a ${event.type} came instead of a message`);
    return event;
  }

  /** The last event of a stream that the hub ends. */
  async end(): Promise<StreamEvent | undefined> {
    await this.over;
    return this.events.at(-1);
  }

  /** Hangs up. */
  async close(): Promise<void> {
    this.#gone.abort();
    await this.over.catch(() => {});
  }
}

/** What an event says, in short: the text of a message (in brackets when redelivered), or its type. */
export const short = (event: StreamEvent): string => {
  if (event.type !== 'message') return event.type;
  return event.message.redelivered ? `(${event.message.text})` : event.message.text;
};
