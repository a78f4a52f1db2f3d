/**
 * Measures one agent. What is known of it is what the hub knows: its listener was handed the message (`delivered`), it came
 * back with a later position (`confirmed`), or it answered. A client takes mail for an agent that still sleeps, so only
 * the last two count as awake.
 */
import { pause } from '../../client/backoff.ts';
import type { Seat } from '../../client/seat.ts';
import type { Presence } from '../../core/types.ts';
import type { Target } from './targets.ts';

const TEXT = 'Wake test: you were woken by this message. Listen on; no answer is needed.';

export interface Measured extends Target {
  /**
   * `woke`: it showed that it has the message. `taken`: a listener of it was handed the message, and nothing more is
   * known. `asleep`: nobody took it; it waits. `absent`: nobody is on the channel as that callsign, and nothing was sent.
   * `unknown`: the hub refused, or could not be asked.
   */
  readonly outcome: 'woke' | 'taken' | 'asleep' | 'absent' | 'unknown';
  /** Just before the message; null when it was not sent. */
  readonly presence: Presence | null;
  /** When the hub had stored the message, by the hub's clock. */
  readonly sentAt: string | null;
  /** Milliseconds from the sending until a look at the receipt showed it handed over; null: not seen. */
  readonly takenMs: number | null;
  /** Milliseconds from the sending until the evidence was seen; null: none. */
  readonly wokeMs: number | null;
  readonly evidence: 'confirmed' | 'replied' | null;
  /** Why it is not known. */
  readonly problem: string | null;
}

/** Between two looks at a receipt: short while it matters, longer when it does not. */
const lookMs = (elapsed: number): number => (elapsed < 5_000 ? 20 : elapsed < 30_000 ? 100 : 500);

/** Resolves when the callsign says something to this seat. */
export type Reply = (callsign: string, signal: AbortSignal) => Promise<void>;

const bare = (target: Target): Measured => ({
  ...target,
  outcome: 'unknown',
  presence: null,
  sentAt: null,
  takenMs: null,
  wokeMs: null,
  evidence: null,
  problem: null,
});

export const absent = (target: Target): Measured => ({ ...bare(target), outcome: 'absent' });

export const unknown = (target: Target, problem: string): Measured => ({ ...bare(target), problem });

/**
 * Sends the message and watches what becomes of it, for so many milliseconds.
 * @throws HubProblem, LinkError
 */
export const measure = async (seat: Seat, target: Target, patienceMs: number, replied: Reply, signal: AbortSignal): Promise<Measured> => {
  const { callsign } = target;
  const began = performance.now();
  const elapsed = (): number => Math.round(performance.now() - began);
  const { value } = await seat.send({ to: callsign, message: TEXT }, { signal });
  const presence = value.recipients.find((one) => one.callsign === callsign)?.presence ?? null;
  const over = new AbortController();
  let reply: number | null = null;
  const listening = replied(callsign, AbortSignal.any([signal, over.signal])).then(() => {
    reply = elapsed();
  });
  listening.catch(() => {});
  try {
    for (let takenMs: number | null = null; ; ) {
      const { value: told } = await seat.insist('message', { id: value.id }, { signal });
      const state = told.receipts.find((one) => one.callsign === callsign)?.state ?? 'queued';
      const evidence = state === 'confirmed' ? 'confirmed' : reply === null ? null : 'replied';
      const now = elapsed();
      if (state !== 'queued') takenMs ??= now;
      if (evidence !== null || now >= patienceMs) {
        const wokeMs = evidence === null ? null : evidence === 'replied' ? reply : now;
        const outcome = evidence !== null ? 'woke' : takenMs !== null ? 'taken' : 'asleep';
        return { ...bare(target), outcome, presence, sentAt: value.at, takenMs, wokeMs, evidence };
      }
      await pause(Math.min(lookMs(now), Math.max(1, patienceMs - now)), signal);
    }
  } finally {
    over.abort();
  }
};
