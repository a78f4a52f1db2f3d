/** An engine by itself, for the suite of the port: no hub around it, and a clock that stands still. */
import { createHash } from 'node:crypto';
import { describe, test } from 'vitest';
import type { Arrival, ClaimedSeat, Draft, Engine, Read, SeatClaim } from '../../src/core/engine.ts';
import { type Limits, limitsFor } from '../../src/core/limits.ts';
import type { Channel, Identity, Position, Since, Slice } from '../../src/core/types.ts';
import { type TestClock, testClock } from './clock.ts';
import { CLUSTER, ENGINES, type EngineKind, type Shelf } from './engines.ts';

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const ALL = { messages: 100, bytes: 1_000_000 };
export const BARE: Since = { at: 'bare' };
export const START: Since = { at: 'start' };
export const LATEST: Since = { at: 'latest' };

export const at = ({ id, tag }: Position): Since => ({ at: 'position', id, tag });
export const after = (id: number): Since => ({ at: 'position', id, tag: null });

/** Hashes of the sessions that callsigns were given last, by channel and callsign. */
const sessions = new Map<string, string>();
export const sessionOf = ({ id }: Pick<Channel, 'id'>, callsign: string): string => sessions.get(`${id} ${callsign}`) ?? hashOf('nobody');

/** As somebody arrives whose session was asked about. */
export const asked = (channel: Pick<Channel, 'id'>, callsign: string): Arrival => ({
  ...{ sessionHash: sessionOf(channel, callsign), waits: false, recalled: null },
});

export class Port {
  readonly #shelf: Shelf;
  readonly #limits: Limits;
  readonly #report: (error: unknown) => void;
  #clock: TestClock = testClock();
  #engine: Engine | null = null;
  #made = 0;

  /** @param report told of failures that no caller can be told of; by default there must be none */
  constructor(
    shelf: Shelf,
    limits: Limits,
    report = (error: unknown): void => {
      throw error;
    },
  ) {
    this.#shelf = shelf;
    this.#limits = limits;
    this.#report = report;
  }

  get clock(): TestClock {
    return this.#clock;
  }

  get engine(): Engine {
    return this.#engine!;
  }

  async open(): Promise<void> {
    this.#engine = await this.#shelf.open(this.#clock, this.#limits, this.#report);
    this.#engine.onAppended(() => {});
  }

  /** The process ends, in good order or not, and the next one opens what it left. */
  async reopen(how: 'stop' | 'crash', away = 0): Promise<void> {
    if (how === 'stop') await this.engine.close();
    else await this.#shelf.crash(this.engine);
    this.#engine = null;
    this.#clock = testClock(this.#clock.now() + away);
    await this.open();
  }

  async clear(): Promise<void> {
    await this.#engine?.close();
    await this.#shelf.clear();
  }

  // Facts to put in

  async channel(fields: Partial<Channel> = {}): Promise<Channel> {
    const id = `channel-${++this.#made}`;
    const channel: Channel = {
      id,
      createdAt: this.clock.now(),
      retention: 'none',
      trustMode: 'untrusted',
      requireIdentity: false,
      sessionTtlMs: 1_800_000,
      joinTokenHash: hashOf(`join ${id}`),
      ownerTokenHash: hashOf(`owner ${id}`),
      ownerPasswordHash: null,
      paused: false,
      closedAt: null,
      ...fields,
    };
    await this.engine.createChannel(channel);
    return channel;
  }

  identity(name: string): Identity {
    return { id: `id_${name}`, keyHash: hashOf(`key ${name}`), name, createdAt: this.clock.now() };
  }

  async claim(channel: Channel, callsign: string, fields: Partial<SeatClaim> = {}): Promise<ClaimedSeat> {
    const nonce = `nonce ${++this.#made}`;
    const claimed = await this.engine.claimSeat({
      channelId: channel.id,
      callsign,
      tokenHash: channel.joinTokenHash,
      nonce,
      sessionHash: hashOf(`session ${nonce}`),
      identityId: fields.newIdentity?.id ?? null,
      newIdentity: null,
      authorized: false,
      terms: 'any',
      limits: ALL,
      ...fields,
    });
    sessions.set(`${channel.id} ${callsign}`, claimed.session.hash);
    return claimed;
  }

  async seats(channel: Channel, ...callsigns: readonly string[]): Promise<void> {
    for (const callsign of callsigns) await this.claim(channel, callsign);
  }

  draft(channel: Channel, from: string, to: string, text: string, fields: Partial<Draft> = {}): Draft {
    return {
      channelId: channel.id,
      from,
      to,
      text,
      kind: 'message',
      replyTo: null,
      sender: { verified: false, authorized: false },
      key: null,
      allowance: null,
      recalled: null,
      ...fields,
    };
  }

  /** What somebody sees who was let in by the channel's token. */
  async observe(channel: Channel, since: Since, limits: Read['limits']): Promise<Slice> {
    const slice = await this.engine.observe(channel.id, channel.joinTokenHash, since, limits);
    if (slice === 'away') throw new Error('the store is away');
    return slice;
  }

  append(channel: Channel, from: string, to: string, text: string, fields: Partial<Draft> = {}) {
    return this.engine.append(this.draft(channel, from, to, text, fields));
  }

  /** Arrives and reads as a listener would, and signs for what it was given unless told otherwise. */
  async hear(
    channel: Channel,
    callsign: string,
    since: Since = BARE,
    how: { handed?: boolean; final?: boolean; limit?: number } = {},
  ): Promise<Slice | null> {
    const from = await this.engine.arrive(channel.id, callsign, since, asked(channel, callsign));
    const read: Read = {
      channelId: channel.id,
      callsign,
      sessionHash: sessionOf(channel, callsign),
      from: from.id,
      tag: from.tag,
      bare: since.at === 'bare',
      final: how.final ?? false,
      rewoundTold: false,
      limits: { messages: how.limit ?? 100, bytes: ALL.bytes },
    };
    const found = await this.engine.read(read);
    const slice = typeof found === 'string' ? null : found;
    if (slice && how.handed !== false) this.engine.handed(channel.id, callsign, slice);
    return slice;
  }
}

/** What a slice gives, in short; what may have been seen before in brackets. */
export const heard = (slice: Slice | null): string[] | null =>
  slice === null ? null : slice.heard.map(({ message, redelivered }) => (redelivered ? `(${message.text})` : message.text));

/** A test over every engine. */
export const everyEngine = (
  what: string,
  body: (port: Port) => Promise<void>,
  { limits = '', durable = false, alone = false }: { limits?: string; durable?: boolean; alone?: boolean } = {},
): void => {
  const all: readonly EngineKind[] = process.env['PORT_OVER'] === 'cluster' ? [CLUSTER] : ENGINES;
  const kinds = all.filter(({ offers }) => (!durable || offers.includes('durable')) && (!alone || offers.includes('alone')));
  if (kinds.length === 0) return;
  describe(what, () => {
    test.each(kinds.map((kind) => [kind.name, kind] as const))('%s', async (_, kind) => {
      const port = new Port(await kind.shelf(), limitsFor('local', limits));
      await port.open();
      try {
        await body(port);
      } finally {
        await port.clear();
      }
    });
  });
};
