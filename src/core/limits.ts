/**
 * Every number of the product, in one place (docs/protocol.md, area LIMIT). Operators change them with `--limits name=value`;
 * `--limits off` lifts the rates and guards and leaves the sizes.
 */

import type { HubMode } from './types.ts';

/** `burst` at once, then `perSecond` (GCRA). */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

export const SIZES = {
  /** UTF-8 bytes of one message. */
  messageBytes: 32 * 1024,
  /** UTF-8 bytes of one message on a band. */
  bandMessageBytes: 4 * 1024,
  /** UTF-8 bytes of a status. */
  statusBytes: 280,
  /** Bytes of a request body. */
  bodyBytes: 256 * 1024,
  /** Bytes of messages in one answer; the rest follows with `more`. */
  answerBytes: 256 * 1024,
  ringMessages: 100,
  ringBytes: 1024 * 1024,
  /** Live sessions a channel. */
  sessions: 1024,
  /** Mailboxes a channel, of joined and of merely addressed callsigns. */
  mailboxes: 2048,
  channels: 15_000,
  /** Parked listens a seat; one more ends the oldest. */
  parked: 4,
  /** Requests that wait behind another one on a connection. */
  pipelined: 16,
  /** Recipients listed in the answer to a send. */
  recipients: 100,
  identities: 100_000,
  /** Idempotency-Keys that a channel remembers, each for a day. */
  idempotencyKeys: 50_000,
  /** Webhooks a channel. */
  webhooks: 10,
  /** Deliveries that may wait for a webhook; their texts are bounded by `ringBytes`. */
  deliveriesWaiting: 1000,
  /** Deliveries of a webhook that are remembered when they are done. */
  deliveriesKept: 50,
} as const;

/**
 * Bytes of messages in one answer to a listen of MCP. A line of theirs that is nothing but its end is two bytes of JSON, and 16
 * there; official clients (Python) read events of at most 1 MiB, and would ask for the same answer for ever.
 */
export const FRAMED_BYTES = 96 * 1024;
/** Messages in one listen or history answer, at most. */
export const MESSAGES_PER_ANSWER = 100;
/** Statuses that wait for a listener that is behind, at most: each is worth less than the next. */
export const STATUSES_KEPT = 100;
/** Characters that a secret has which an operator chooses: the tokens of the hub, its key. */
export const SECRET_LEAST = 16;
/** Characters of an owner password. */
export const OWNER_PASSWORD = { least: 8, most: 256 } as const;

/** Right owner passwords that a hub knows again without the work of checking them. */
export const PASSWORDS_REMEMBERED = 4096;

export const TIMES = {
  sessionTtlMs: 1800_000,
  /** What the creator of a channel may choose instead: from this … */
  sessionTtlLeastMs: 60_000,
  /** … to this. */
  sessionTtlMostMs: 86_400_000,
  tombstoneMs: 3600_000,
  /** A seat seen within this is `active`. */
  activeMs: 60_000,
  /** A listen waits this long at most, whatever it asked for: proxies cut at 60 s. */
  listenMs: 55_000,
  waitMs: 86_400_000,
  /** A question over A2A waits this long at most for its answer; then it is a task. */
  answerMs: 25_000,
  heartbeatMs: 15_000,
  idempotencyMs: 86_400_000,
  /** Idle channels are removed after this … */
  idleChannelMs: 86_400_000,
  /** … and after this when they keep a transcript. */
  idleTranscriptMs: 7 * 86_400_000,
  /** A seat of a band without a session is given up after this … */
  bandSeatMs: 86_400_000,
  /** … and after this when it is bound to an identity. */
  bandBoundSeatMs: 7 * 86_400_000,
} as const;

const NEVER: Rate = { burst: Number.POSITIVE_INFINITY, perSecond: Number.POSITIVE_INFINITY };

/** Rates on a hub that strangers can reach. */
const RATES = {
  /** A session. */
  send: { burst: 60, perSecond: 5 },
  /** An address, only on an open hub. */
  createChannel: { burst: 10, perSecond: 10 / 3600 },
  /** An address, only on an open hub: identities made by a join. They stay for good. */
  newIdentity: { burst: 60, perSecond: 60 / 3600 },
  /** An address. */
  wrongToken: { burst: 10, perSecond: 10 / 60 },
  /** A channel and address. */
  ownerPassword: { burst: 5, perSecond: 5 / 900 },
  /** A session on a band, instead of `send`. */
  bandSend: { burst: 10, perSecond: 0.5 },
  /** Sessions begun on bands, an address. */
  bandJoin: { burst: 10, perSecond: 10 / 600 },
  /** Sessions begun on channels, an address: each is a line of the transcript. */
  join: { burst: 120, perSecond: 2 },
  /** What owners do that is a line of the transcript, an address. */
  owner: { burst: 60, perSecond: 1 },
  /** An address: webhooks made and tested, each of which has the hub look at a stranger's address. */
  webhook: { burst: 10, perSecond: 10 / 60 },
  /** An address: what MCP has the hub note about a live session, which are tasks that are cancelled and hooks of a client. */
  note: { burst: 60, perSecond: 10 / 60 },
} as const satisfies Record<string, Rate>;

/** Guards against loops, on hubs that strangers can reach (see guards.ts). On a local hub each is many times as much. */
const GUARDS = {
  /** Messages of a callsign within an hour. */
  callsignMessages: 1000,
  /** Messages of a channel within an hour. */
  channelMessages: 10_000,
  /** The same text of a callsign to the same recipient, in a row. */
  identicalMessages: 100,
  /** Answers to answers to answers. */
  replyHops: 500,
} as const;

type Guards = { readonly [K in keyof typeof GUARDS]: number };

const LOCAL_GUARDS: Guards = { callsignMessages: 100_000, channelMessages: 1_000_000, identicalMessages: 1000, replyHops: 5000 };

const OFF_GUARDS: Guards = {
  callsignMessages: Number.POSITIVE_INFINITY,
  channelMessages: Number.POSITIVE_INFINITY,
  identicalMessages: Number.POSITIVE_INFINITY,
  replyHops: Number.POSITIVE_INFINITY,
};

/** Of every guard a band has this part. */
export const BAND_GUARD_FACTOR = 0.2;
/** The most that an owner multiplies the guards of a channel by. */
export const GUARD_FACTOR_MAX = 1000;

export type RateName = keyof typeof RATES;

export interface Limits {
  readonly sizes: { readonly [K in keyof typeof SIZES]: number };
  readonly rates: { readonly [K in RateName]: Rate };
  readonly guards: Guards;
}

const LOCAL_RATES: Limits['rates'] = {
  send: { burst: 6000, perSecond: 1000 },
  createChannel: NEVER,
  newIdentity: NEVER,
  wrongToken: { burst: 600, perSecond: 10 },
  ownerPassword: RATES.ownerPassword,
  bandSend: { burst: 600, perSecond: 50 },
  bandJoin: { burst: 600, perSecond: 10 },
  join: NEVER,
  owner: NEVER,
  webhook: { burst: 600, perSecond: 10 },
  note: { burst: 600, perSecond: 10 },
};

const OFF_RATES: Limits['rates'] = {
  send: NEVER,
  createChannel: NEVER,
  newIdentity: NEVER,
  wrongToken: NEVER,
  ownerPassword: RATES.ownerPassword,
  bandSend: NEVER,
  bandJoin: NEVER,
  join: NEVER,
  owner: NEVER,
  webhook: NEVER,
  note: NEVER,
};

export class LimitsError extends Error {}

/** The most that an operator may set. A script in Redis takes no longer lists: Lua unpacks fewer than 8,000 names. */
export const CEILINGS: Readonly<Record<string, number>> = { mailboxes: 7_000, recipients: 7_000 };

/** The name of a limit outside the program: as `/api/v1/info` and docs/protocol.md have it, and `--limits` takes it. */
export const limitName = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * The limits of one hub.
 * @param mode `local` hubs, which only this machine reaches, have generous rates; only `open` ones limit channels and identities.
 * @param text what the operator said: `off`, and `name=value` for a size or a guard or `name=burst/perSecond` for a rate, by commas.
 *   Names are those of {@link limitName}; those of the program do as well.
 * @throws LimitsError for a name or value that is not one.
 */
export const limitsFor = (mode: HubMode, text = ''): Limits => {
  const sizes: Record<string, number> = { ...SIZES };
  const rates: Record<string, Rate> = {
    ...(mode === 'local' ? LOCAL_RATES : RATES),
    ...(mode === 'shared' ? { createChannel: NEVER, newIdentity: NEVER } : {}),
  };
  const guards: Record<string, number> = { ...(mode === 'local' ? LOCAL_GUARDS : GUARDS) };
  const known = [sizes, rates, guards].flatMap((table) => Object.keys(table));
  for (const part of text.split(',').filter((word) => word !== '')) {
    const [said = '', value = ''] = part.split('=', 2);
    const name = known.find((one) => one === said || limitName(one) === said) ?? '';
    const numbers = [sizes, guards].find((table) => Object.hasOwn(table, name));
    if (part === 'off') {
      Object.assign(rates, OFF_RATES);
      Object.assign(guards, OFF_GUARDS);
    } else if (numbers) {
      if (!/^[1-9][0-9]*$/.test(value)) throw new LimitsError(`--limits ${said} needs a whole number, not "${value}"`);
      const most = CEILINGS[name] ?? Number.POSITIVE_INFINITY;
      if (Number(value) > most) throw new LimitsError(`--limits ${said} may be ${most} at most, not ${value}`);
      numbers[name] = Number(value);
    } else if (Object.hasOwn(rates, name)) {
      const match = /^([1-9][0-9]*)\/([0-9]+(?:\.[0-9]+)?)$/.exec(value);
      if (!match || Number(match[2]) === 0) throw new LimitsError(`--limits ${said} needs burst/perSecond, not "${value}"`);
      rates[name] = { burst: Number(match[1]), perSecond: Number(match[2]) };
    } else {
      throw new LimitsError(`--limits does not know "${said}"; it knows off, ${known.map(limitName).join(', ')}`);
    }
  }
  return { sizes, rates, guards } as unknown as Limits;
};
