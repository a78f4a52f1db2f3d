/** Joining: who may take a seat, with which identity and posture, and the session it gets. */
import { isBand } from './bands.ts';
import type { Clock } from './clock.ts';
import type { Engine, SeatClaim } from './engine.ts';
import { HubError } from './errors.ts';
import { deriveSessionId, hashSecret, newIdentityId, newNonce, newSecret, sha256 } from './ids.ts';
import type { Limits, Rate } from './limits.ts';
import { perAddress } from './rates.ts';
import { checkPassword, INSTRUCTIONS, postureOf } from './trust.ts';
import type { Channel, Eventually, Gap, Heard, Identity, Position, Posture, Session } from './types.ts';

export interface JoinRequest {
  readonly channel: Channel;
  /** The join token that was proved; session ids are derived from it. */
  readonly token: string;
  readonly callsign: string;
  readonly identityKey: string | null;
  readonly newIdentity: boolean;
  readonly ownerPassword: string | null;
  /** Who asks, for attempt limits. */
  readonly address: string;
}

export interface Seated {
  readonly session: Session;
  /** Wall clock, ms: when it ends unless somebody calls. */
  readonly expiresAt: number;
  readonly sessionId: string;
  readonly resumed: boolean;
  /** Made by this join. */
  readonly identity: NewIdentity | null;
  readonly posture: Posture;
  readonly instructions: string;
  readonly cursor: Position;
  readonly pending: number;
  readonly unconfirmed: readonly Heard[];
  readonly gap: Gap | null;
}

export interface NewIdentity {
  readonly id: string;
  /** Shown once. */
  readonly key: string;
}

/** What joining needs of the hub. */
interface Desk {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly limits: Limits;
  spend(key: string, rate: Rate, detail: string): Eventually<void>;
}

/** Draws an identity: what is kept of it, and its key. */
const drawIdentity = (desk: Desk, name: string | null): { identity: Identity; key: string } => {
  const key = newSecret('identity');
  return { identity: { id: newIdentityId(), keyHash: sha256(key), name, createdAt: desk.clock.now() }, key };
};

/** Makes an identity and stores the hash of its key. */
export const newIdentity = async (desk: Desk, name: string | null): Promise<NewIdentity> => {
  const { identity, key } = drawIdentity(desk, name);
  await desk.engine.createIdentity(identity);
  return { id: identity.id, key };
};

/** Whether the right owner password was given. Right ones are not counted: an agent may rejoin every turn. */
const checkOwner = async (desk: Desk, { channel, ownerPassword, address }: JoinRequest): Promise<boolean> => {
  if (ownerPassword === null) return false;
  const rate = desk.limits.rates.ownerPassword;
  const key = perAddress(`owner-password ${channel.id}`, address);
  // Spent before the check, so that guesses in parallel cannot slip past the limit.
  await desk.spend(key, rate, 'Too many owner passwords were tried on this channel.');
  if (!channel.ownerPasswordHash) throw new HubError('owner_password_wrong', 'This channel has no owner password.');
  const right = await checkPassword(ownerPassword, channel.ownerPasswordHash).catch(async (error: unknown) => {
    // It was not checked, so it does not count as a guess.
    await desk.engine.spend(key, rate, -1);
    throw error;
  });
  if (!right) throw new HubError('owner_password_wrong');
  await desk.engine.spend(key, rate, -1);
  return true;
};

/** The id of the identity whose key was shown; null when none was. */
const knownIdentity = async (desk: Desk, { identityKey, address }: JoinRequest): Promise<string | null> => {
  if (identityKey === null) return null;
  const known = await desk.engine.identity(hashSecret(identityKey));
  if (known) return known.id;
  await desk.spend(perAddress('wrong-token', address), desk.limits.rates.wrongToken, 'Too many unknown identity keys from this address.');
  throw new HubError('unauthorized', 'The identity_key is not known to this hub.', {
    hint: 'Check the key, or join with "new_identity": true.',
  });
};

/** The refusal that a call ends with; null when it is answered. */
const refusalOf = async (call: () => Eventually<void>): Promise<HubError | null> => {
  try {
    await call();
    return null;
  } catch (error) {
    if (error instanceof HubError) return error;
    throw error;
  }
};

/** Takes the seat of a callsign for whoever proved the join token. */
export const takeSeat = async (desk: Desk, request: JoinRequest): Promise<Seated> => {
  const { channel, callsign, token } = request;
  const authorized = await checkOwner(desk, request);
  const known = await knownIdentity(desk, request);
  const drawn = known === null && request.newIdentity ? drawIdentity(desk, callsign) : null;
  const identityId = known ?? drawn?.identity.id ?? null;
  if (channel.requireIdentity && identityId === null) {
    throw new HubError('identity_required', 'The join shows no identity, and asks for none.');
  }
  const { newIdentity: drawing } = desk.limits.rates;
  const drawer = perAddress('new-identity', request.address);
  if (drawn) await desk.spend(drawer, drawing, 'Too many new identities from this address.');

  const band = isBand(channel.id);
  const spent = perAddress(band ? 'band-join' : 'join', request.address);
  const beginning = band ? desk.limits.rates.bandJoin : desk.limits.rates.join;
  const tooMany = await refusalOf(() => desk.spend(spent, beginning, 'Too many joins from this address.'));

  const nonce = newNonce();
  const sessionIdFor = (given: string): string => deriveSessionId(token, channel.id, callsign, given);
  const claim: SeatClaim = {
    channelId: channel.id,
    callsign,
    tokenHash: hashSecret(token),
    nonce,
    sessionHash: sha256(sessionIdFor(nonce)),
    identityId,
    newIdentity: drawn?.identity ?? null,
    authorized,
    terms: tooMany ? 'resume' : band ? 'exclusive' : 'any',
    limits: { messages: desk.limits.sizes.ringMessages, bytes: desk.limits.sizes.answerBytes / 2 },
  };
  const claimed = await desk.engine.claimSeat(claim).catch(async (error: unknown) => {
    // A join that is refused makes none.
    if (drawn) await desk.engine.spend(drawer, drawing, -1);
    throw tooMany && error instanceof HubError && error.code === 'not_joined' ? tooMany : error;
  });
  // Coming back begins no session, so it is not counted.
  if (claimed.resumed && !tooMany) await desk.engine.spend(spent, beginning, -1);
  const posture = postureOf(channel.trustMode, claimed.session.sender.authorized);
  const { session, expiresAt, resumed, cursor, pending, unconfirmed, gap } = claimed;
  return {
    ...{ session, expiresAt, resumed, cursor, pending, unconfirmed, gap },
    sessionId: sessionIdFor(claimed.nonce),
    identity: drawn && { id: drawn.identity.id, key: drawn.key },
    posture,
    instructions: INSTRUCTIONS[posture],
  };
};
