/** A steady, light load: so many messages a second, whatever becomes of them, and how long each takes to be heard. */

import { guarded, hear, type Pair } from './load.ts';
import { pause } from './stats.ts';
import { Wire } from './wire.ts';

/** Time for every listener to be parked. */
const PARKING_MS = 300;

/**
 * Sends `perSecond` messages a second for `ms` milliseconds, from each pair in turn to its parked listener.
 * @returns the milliseconds from the moment a message was due to the whole answer of the listen
 */
export async function whispers(pairs: readonly Pair[], perSecond: number, ms: number): Promise<number[]> {
  const places = pairs.map((pair) => new Place(pair));
  try {
    for (const place of places) place.park();
    await pause(PARKING_MS);
    const count = Math.round((ms * perSecond) / 1000);
    const began = performance.now();
    const delays: Promise<number>[] = [];
    while (delays.length < count) {
      const due = began + (delays.length * 1000) / perSecond;
      const early = due - performance.now();
      // A message that is late is sent at once, and its delay counts from when it was due.
      if (early > 0.5) await pause(early);
      else delays.push((places[delays.length % places.length] as Place).say(due));
    }
    return await guarded(delays);
  } finally {
    for (const place of places) place.close();
  }
}

/** A pair with its two connections; its listener is parked again as soon as it has heard. */
class Place {
  readonly #pair: Pair;
  readonly #mouth: Wire;
  readonly #ear: Wire;
  #heard: Promise<void> = Promise.resolve();
  #free: Promise<void> = Promise.resolve();
  #text = '';
  #serial = 0;

  constructor(pair: Pair) {
    this.#pair = pair;
    this.#mouth = new Wire(pair.mouth.port);
    this.#ear = new Wire(pair.ear.port);
  }

  park(): void {
    this.#text = `whisper ${++this.#serial} at ${performance.now()}: the tests of the parser pass again, shall I go on?`;
    this.#heard = hear(this.#ear, this.#pair.ear, this.#text);
    this.#heard.catch(() => {});
  }

  async say(due: number): Promise<number> {
    const before = this.#free;
    let done: () => void = () => {};
    this.#free = new Promise((resolve) => {
      done = resolve;
    });
    await before;
    const said = new Promise<void>((resolve, reject) => {
      const answered = (status: number, body: string) =>
        status === 200 ? resolve() : reject(new Error(`a send was answered ${status}: ${body}`));
      this.#mouth.ask(this.#pair.mouth.send(this.#pair.ear.callsign, this.#text), answered, reject);
    });
    await this.#heard;
    const delay = performance.now() - due;
    await said;
    this.park();
    done();
    return delay;
  }

  close(): void {
    this.#mouth.close();
    this.#ear.close();
  }
}
