/**
 * Callers whom the hub goes by from memory.
 *
 * An engine that has to ask elsewhere what a session is worth remembers what it was told. A send or a listen may go by
 * that: it shows the session again with its first step, and the engine looks where it keeps sessions, as part of that
 * step. What is no longer so is refused as outdated, and nothing was done; the gate then asks as if it knew nothing. So
 * memory saves the asking and opens nothing: no ended session and no changed token passes by it.
 */
import type { Attestation, Channel, Session } from './types.ts';

/** What a remembered session stood under. */
export interface Recollection {
  readonly sessionHash: string;
  /** Hash of the join token that the channel had. */
  readonly tokenHash: string;
  readonly sender: Attestation;
  /** Set by the engine when its look said that all of this is still so. */
  holds: boolean;
}

/** A caller as it was when it last called here. */
export interface Recalled {
  readonly channel: Channel;
  /** With its `recalled`. */
  readonly session: Session;
}

/** What was remembered is no longer so. It leaves no gate: who meets it asks anew. */
export class OutdatedError extends Error {}
