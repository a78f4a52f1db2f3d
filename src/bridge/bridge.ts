/**
 * A bridge: the hub's tools for a client that starts its MCP servers as programs. It carries every call to the hub, holds
 * the connection between the agent's turns, keeps what cannot be sent, and rings.
 */
import { Backoff, isPassingAtHub, pause } from '../client/backoff.ts';
import type { HubClient } from '../client/client.ts';
import { HubProblem, LinkError } from '../client/errors.ts';
import type { Input, Joined, ValueName } from '../client/operations.ts';
import { joinSeat, Seat, type SeatState } from '../client/seat.ts';
import { ERRORS, HubError } from '../core/errors.ts';
import type { Cancel, Delivery } from '../core/listening.ts';
import { pointer } from '../core/pointer.ts';
import type { AnyOperation, Proof } from '../operations/operation.ts';
import type { Performed } from '../transports/mcp/perform.ts';
import type { KeptSeat, Memory, Outbox } from './memory.ts';
import { Relay, senderName } from './relay.ts';
import type { Ringer } from './ringers.ts';
import { Watcher } from './watcher.ts';

/** How often a channel that was lost is looked for under another token. */
const TOKEN_MS = 2_000;

type Fields = Readonly<Record<string, unknown>>;

export interface BridgeOptions {
  readonly client: HubClient;
  readonly memory: Memory;
  readonly outbox: Outbox;
  /** Ends everything. */
  readonly signal: AbortSignal;
  /** How the agent is rung now; it may be known only after its first call. */
  ringer(): Ringer | null;
  /** The seats that are held have changed. */
  changed?(seats: readonly KeptSeat[]): void;
  /** For whoever watches; never content. */
  note?(text: string): void;
  /** Milliseconds between two looks for another token of a channel that was lost; default: two seconds. */
  readonly tokenMs?: number;
}

interface Held {
  readonly seat: Seat;
  readonly watcher: Watcher;
  readonly end: AbortController;
}

/** A signal of the web's kind, for the client. */
const abortSignal = (cancel: Cancel, ...others: readonly AbortSignal[]): AbortSignal => {
  const stop = new AbortController();
  if (cancel.aborted) stop.abort();
  else cancel.addEventListener('abort', { handleEvent: () => stop.abort() });
  return AbortSignal.any([stop.signal, ...others]);
};

/** The hub's refusal, as the tools tell it. */
const told = (error: HubProblem): HubError => {
  const standard = (ERRORS as Partial<typeof ERRORS>)[error.code];
  const options = {
    ...(error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter }),
    // The table's own hint speaks of REST; the tools have theirs.
    ...(standard && standard.hint === error.hint ? {} : { hint: error.hint }),
  };
  return standard ? new HubError(error.code, error.detail, options) : new HubError('internal', error.detail, options);
};

const lastId = (messages: readonly { readonly id: number }[]): number => messages.at(-1)?.id ?? 0;

export class Bridge {
  readonly #options: BridgeOptions;
  /** By every session id that the agent may know the seat by. */
  readonly #held = new Map<string, Held>();
  readonly #relay: Relay;
  /** Every seat that was used over this bridge: whose refusals are told here. */
  readonly #used = new Set<string>();
  /** The agent session, where the client names it. */
  owner: string | undefined;

  constructor(options: BridgeOptions) {
    this.#options = options;
    const { client, outbox, signal } = options;
    this.#relay = new Relay({
      hub: client.hub,
      outbox,
      signal,
      seatOf: ({ channelId, callsign }) => {
        for (const { seat } of this.#held.values()) {
          if (seat.state.channelId === channelId && seat.state.callsign === callsign) return seat;
        }
        const kept = this.#kept({ channelId, callsign });
        return kept && this.#seatOfAnother(kept);
      },
    });
    // What an earlier run left behind.
    this.#relay.deliver();
  }

  /** What the agent is still to be told of messages that were queued here. */
  refusals(): string[] {
    return this.#relay.refusals((sender) => this.#used.has(senderName(sender)));
  }

  /** Carries out an operation at the hub. */
  readonly perform = async (operation: AnyOperation, proof: Proof, input: Fields, signal: Cancel): Promise<Performed> => {
    try {
      return await this.#perform(operation.name, proof, input, signal);
    } catch (error) {
      throw error instanceof HubProblem ? told(error) : error;
    }
  };

  async #perform(name: string, proof: Proof, input: Fields, cancel: Cancel): Promise<Performed> {
    const { client, signal: over } = this.#options;
    const signal = abortSignal(cancel, over);
    if (name === 'create_channel') return { value: await client.call(name, input, {}, { signal }) };
    if (name === 'join') return { value: await this.#join(proof, input as Input<'join'>, signal) };
    const held = this.#heldBy(proof.sessionId ?? '');
    const { seat } = held;
    if (name === 'send') return { value: await this.#relay.send(seat, input as Input<'send'>) };
    if (name === 'listen' || name === 'wait') return this.#listen(held, name, input, signal, proof.transport === 'mcp-task');
    const { value } = await seat.ask(name as ValueName, input as never, { signal });
    if (name === 'leave') this.#drop(held);
    return { value };
  }

  async #join(proof: Proof, input: Input<'join'>, signal: AbortSignal): Promise<Joined> {
    const { client, memory } = this.#options;
    const request = { ...input, channelId: proof.channelId ?? '', token: proof.channelToken };
    const { seat, answered } = await joinSeat(client, request, this.#events(), { signal });
    memory.keep(client.hub, seat.state, this.owner);
    const { history, unconfirmed } = answered.value;
    for (const held of new Set(this.#held.values())) {
      const { channelId, callsign } = held.seat.state;
      if (channelId === seat.state.channelId && callsign === seat.state.callsign) this.#forget(held);
    }
    this.#hold(seat, Math.max(lastId(history), lastId(unconfirmed)));
    return answered.value;
  }

  /** A seat as it is remembered by now. */
  #kept({ channelId, callsign }: Pick<SeatState, 'channelId' | 'callsign'>): KeptSeat | undefined {
    const { client, memory } = this.#options;
    return memory.seats(client.hub).find((one) => one.channelId === channelId && one.callsign === callsign);
  }

  #events(): ConstructorParameters<typeof Seat>[2] {
    const { client, memory } = this.#options;
    return {
      token: (state) => this.#kept(state)?.token,
      changed: ({ channelId, callsign, sessionId, cursor }) => {
        const owner = this.owner === undefined ? {} : { owner: this.owner };
        memory.change({ hub: client.hub, channelId, callsign }, { sessionId, cursor, ...owner });
      },
      rejoined: () => this.#options.note?.('joined again: the session was over'),
    };
  }

  #seatFor({ hub: _, ...state }: KeptSeat): Seat {
    return new Seat(this.#options.client, state, this.#events());
  }

  /** A seat that this bridge only carries messages for: it may be another agent's. */
  #seatOfAnother(kept: KeptSeat): Seat {
    const { hub: _, ...state } = kept;
    const { client, memory } = this.#options;
    return new Seat(client, state, { rejoined: (joined) => memory.change(kept, { sessionId: joined.session_id }) });
  }

  #hold(seat: Seat, after: number): Held {
    const { signal } = this.#options;
    const end = new AbortController();
    const { channelId } = seat.state;
    this.#used.add(senderName(seat.state));
    const watcher = new Watcher({
      seat,
      after,
      signal: AbortSignal.any([signal, end.signal]),
      connected: () => this.#relay.deliver(),
      mail: ({ count }) => {
        const ringer = this.#options.ringer();
        return ringer?.ring(pointer(channelId, count)).then((rang) => {
          this.#options.note?.(rang ? `rang by ${ringer.name}` : `could not ring by ${ringer.name}`);
          return rang;
        });
      },
    });
    const held: Held = { seat, watcher, end };
    this.#held.set(seat.state.sessionId, held);
    void this.#watch(held);
    this.#tellSeats();
    return held;
  }

  /**
   * Watches, also when the token of the channel is changed: then with the new one, once this home remembers it. What the hub
   * says of a token is its last word on that one. Never throws.
   */
  async #watch({ seat, watcher, end }: Held): Promise<void> {
    const { tokenMs = TOKEN_MS } = this.#options;
    const signal = AbortSignal.any([this.#options.signal, end.signal]);
    while (!signal.aborted) {
      const { token } = seat.state;
      await watcher.run();
      const backoff = new Backoff();
      let ms = tokenMs;
      for (let shown = false; !shown && !signal.aborted; ) {
        await pause(ms, signal).catch(() => {});
        try {
          shown = await seat.retoken(token, { signal });
          ms = tokenMs;
        } catch (error) {
          // Who may not join, as after a ban, may be let in again under this token: it is watched with, and not joined with.
          shown = !isPassingAtHub(error);
          ms = Math.max(tokenMs, backoff.next(error));
        }
      }
    }
  }

  /** The seat of a session. @throws HubError not_joined when neither this run nor an earlier one joined it */
  #heldBy(sessionId: string): Held {
    const held = this.#held.get(sessionId);
    if (held) return held;
    const kept = this.#options.memory.seatOf(sessionId);
    if (!kept || kept.hub !== this.#options.client.hub) throw new HubError('not_joined', 'This bridge did not join that session.');
    const position = Number.parseInt(kept.cursor, 10);
    return this.#hold(this.#seatFor(kept), Number.isFinite(position) ? position : 0);
  }

  #forget(held: Held): void {
    held.end.abort();
    for (const [id, one] of this.#held) if (one === held) this.#held.delete(id);
  }

  #drop(held: Held): void {
    this.#forget(held);
    this.#options.memory.drop(this.#options.client.hub, held.seat.state);
    this.#tellSeats();
  }

  #tellSeats(): void {
    const { hub } = this.#options.client;
    this.#options.changed?.([...new Set(this.#held.values())].map(({ seat }) => ({ hub, ...seat.state })));
  }

  /** Listens, over a hub that is away for a while. The position moves when the client of this bridge has the answer. */
  async #listen(held: Held, name: 'listen' | 'wait', input: Fields, signal: AbortSignal, task: boolean): Promise<Performed> {
    const { seat, watcher } = held;
    const since = String(input['since'] ?? seat.state.cursor);
    const until = performance.now() + Number(input['timeout'] ?? 0) * 1000;
    const backoff = new Backoff({ mostMs: 2_000 });
    for (;;) {
      try {
        const timeout = Math.max(0, Math.ceil((until - performance.now()) / 1000));
        const { value } = await seat.ask(name, { ...input, since, timeout } as Input<'listen'>, { signal });
        if (value.ended && performance.now() < until) throw new LinkError('shutdown', 'The hub is going down.');
        const delivery: Delivery = {
          handed: () => {
            watcher.heard(lastId(value.messages));
            seat.moveTo(value.cursor);
          },
          unsure: () => {},
        };
        return { value, delivery };
      } catch (error) {
        if (!isPassingAtHub(error) || error.code === 'rate_limited') throw error;
        const ms = backoff.next(error);
        if (performance.now() + ms < until) {
          await pause(ms, signal);
          continue;
        }
        // Nobody's turn is to begin because the hub is away.
        if (task) return { value: { messages: [], gap: null, cursor: since, after: since, timed_out: true, more: false } };
        throw error;
      }
    }
  }
}
