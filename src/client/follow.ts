/**
 * Following a mailbox: everything that comes, over restarts of the hub, cut connections and expired sessions, in order.
 * Nothing is confirmed but what the consumer says it is done with.
 */
import { Backoff, waitOut } from './backoff.ts';
import { type ClientError, LinkError } from './errors.ts';
import type { HeardAnswer, WireGap, WireMessage } from './operations.ts';
import type { Seat } from './seat.ts';

/** What came in one answer. */
export interface Batch {
  readonly messages: readonly WireMessage[];
  /** Messages for this seat that nobody will get. */
  readonly gap: WireGap | null;
  /** Where the batch ends. */
  readonly cursor: string;
  /** The consumer is done with everything up to this message, or with all of it. The hub learns of it with the next call. */
  confirm(through?: WireMessage): void;
}

export interface FollowOptions {
  /** Where to begin; default: where the seat is done. */
  readonly since?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The most messages in one batch, 1 to 100. */
  readonly limit?: number | undefined;
  /** `listen` passes every proxy; `stream` has one connection and may hold many batches that are not confirmed yet. */
  readonly over?: 'listen' | 'stream' | undefined;
  /** The hub answers, and nothing waits. */
  onQuiet?(): void;
  /** The hub is away; it is tried again after so many milliseconds. */
  onTrouble?(error: ClientError, ms: number): void;
}

/** The last word to a hub that may be away takes this long at most. */
const GOODBYE_MS = 5_000;

/** Half of what proxies cut at; the hub answers at once when there is mail. */
const LISTEN_SECONDS = 50;

/** How far the consumer is done, and who waits for that. */
class Confirmed {
  position: string;
  #wanted: string | null = null;
  #tell: (() => void) | null = null;
  readonly #seat: Seat;

  constructor(seat: Seat, position: string) {
    this.#seat = seat;
    this.position = position;
  }

  move(position: string): void {
    this.position = position;
    this.#seat.moveTo(position);
    if (position === this.#wanted) this.#tell?.();
  }

  /** Resolves when the position has been reached. */
  reaches(position: string, signal: AbortSignal | undefined): Promise<void> {
    if (this.position === position) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const stop = (): void => reject(signal?.reason);
      signal?.addEventListener('abort', stop, { once: true });
      this.#wanted = position;
      this.#tell = () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      };
    });
  }
}

const batchOf = (confirmed: Confirmed, messages: readonly WireMessage[], gap: WireGap | null, cursor: string): Batch => ({
  messages,
  gap,
  cursor,
  confirm(through) {
    confirmed.move(through === undefined || through.id === messages.at(-1)?.id ? cursor : String(through.id));
  },
});

/** One listen after the other; the next begins when the batch before it is confirmed, and is the evidence for it. */
async function* byListening(
  seat: Seat,
  confirmed: Confirmed,
  options: FollowOptions,
  connected: () => void,
): AsyncGenerator<Batch, void, undefined> {
  const { signal, limit } = options;
  // The first answer comes at once and shows that the session is alive: what ends it later is somebody's wish.
  for (let timeout = 0; ; timeout = LISTEN_SECONDS) {
    const ask = { since: confirmed.position, timeout, ...(limit === undefined ? {} : { limit }) };
    const heard: HeardAnswer = (await seat.ask('listen', ask, { signal })).value;
    connected();
    if (heard.superseded) throw new LinkError('superseded', 'A newer listener of this session took its place.');
    if (heard.messages.length > 0 || heard.gap) {
      yield batchOf(confirmed, heard.messages, heard.gap, heard.cursor);
      await confirmed.reaches(heard.cursor, signal);
    } else {
      confirmed.move(heard.cursor);
      options.onQuiet?.();
    }
    if (heard.ended) throw new LinkError('shutdown', 'The hub is going down.');
  }
}

/** One stream; what is confirmed meanwhile is told to the hub beside it. */
async function* byStreaming(
  seat: Seat,
  confirmed: Confirmed,
  options: FollowOptions,
  connected: () => void,
  seen: { id: number },
): AsyncGenerator<Batch, void, undefined> {
  const { signal } = options;
  let told = confirmed.position;
  let telling: Promise<unknown> | null = null;
  const tell = (): void => {
    if (telling !== null || told === confirmed.position) return;
    const position = confirmed.position;
    telling = seat.ask('ack', { id: position }, { signal }).then(
      () => {
        told = position;
        telling = null;
        tell();
      },
      // The next ack, or the next connection, says it again.
      () => {
        telling = null;
      },
    );
  };
  const events = await seat.attempt(
    async (shown) => {
      const stream = seat.client.stream({ since: confirmed.position }, shown, { signal });
      return { stream, first: await stream.next() };
    },
    { signal },
  );
  connected();
  const handle = { confirm: tell };
  for (let next = events.first; !next.done; next = await events.stream.next()) {
    const event = next.value;
    if (event.type === 'end') {
      if (event.code === 'shutdown' || event.code === 'superseded') throw new LinkError(event.code, event.detail);
      seat.touch();
      // The session ended: the next connection learns how, from the status of its answer.
      return;
    }
    if (event.type === 'roster') continue;
    if (event.type === 'gap') {
      if (event.reason === 'rewound') seen.id = 0;
      const { type: _, cursor = confirmed.position, ...gap } = event;
      yield notifying(batchOf(confirmed, [], gap, cursor), handle);
      continue;
    }
    const { type: _, cursor, ...message } = event;
    // The consumer has it, and has not confirmed it yet.
    if (message.id <= seen.id) continue;
    seen.id = message.id;
    yield notifying(batchOf(confirmed, [message], null, cursor), handle);
  }
  throw new LinkError('cut', 'The stream ended.');
}

const notifying = (batch: Batch, { confirm }: { confirm(): void }): Batch => ({
  ...batch,
  confirm(through) {
    batch.confirm(through);
    confirm();
  },
});

/**
 * What comes for a seat, batch after batch, until the signal ends it. Trouble that may pass is waited out.
 *
 * Over `listen` the next batch comes when this one is confirmed as a whole. Over `stream` batches come as they are,
 * confirmed or not; after a broken connection those that the consumer has are not given again.
 *
 * When the consumer leaves the loop, what it confirmed is told to the hub.
 * @throws HubProblem when the seat is lost (kicked, left, wrong token); LinkError superseded when a newer listener of this
 * session took its place, or not_a_hub when no hub has answered yet
 */
export async function* follow(seat: Seat, options: FollowOptions = {}): AsyncGenerator<Batch, void, undefined> {
  const { signal } = options;
  const start = options.since ?? seat.state.cursor;
  const confirmed = new Confirmed(seat, start);
  const backoff = new Backoff();
  let met = false;
  const connected = (): void => {
    backoff.reset();
    met = true;
  };
  const seen = { id: 0 };
  try {
    for (;;) {
      try {
        if (options.over === 'stream') yield* byStreaming(seat, confirmed, options, connected, seen);
        else yield* byListening(seat, confirmed, options, connected);
      } catch (error) {
        if (signal?.aborted) return;
        await waitOut(error, met, backoff, options);
        if (signal?.aborted) return;
      }
    }
  } finally {
    if (confirmed.position !== start)
      await seat.ask('ack', { id: confirmed.position }, { signal: AbortSignal.timeout(GOODBYE_MS) }).catch(() => {});
  }
}
