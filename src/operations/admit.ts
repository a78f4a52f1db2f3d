/** Who passes the gate: what each scope asks a caller to prove. */
import { bandOf, bandToken, isBand } from '../core/bands.ts';
import { HubError } from '../core/errors.ts';
import { andThen } from '../core/eventually.ts';
import type { Hub } from '../core/hub.ts';
import { hashSecret, looksSecret, sameHash } from '../core/ids.ts';
import type { RateName } from '../core/limits.ts';
import type { Cancel } from '../core/listening.ts';
import { perAddress } from '../core/rates.ts';
import type { Channel, Eventually, Session } from '../core/types.ts';
import type { AnyOperation, Proof, Services } from './operation.ts';

/** A call on its way through the gate. */
export interface OpenCall {
  hub: Hub;
  services: Services;
  proof: Proof;
  signal: Cancel | undefined;
  input: unknown;
  channel?: Channel;
  token?: string;
  tokenHash?: string | null;
  session?: Session | null;
}

/** Whether the caller showed the hub token; true on a hub that has none. */
export const knowsHub = (services: Services, proof: Pick<Proof, 'bearer'>): boolean =>
  services.hubTokenHash === null || (proof.bearer !== undefined && sameHash(hashSecret(proof.bearer), services.hubTokenHash));

/**
 * Lets a caller in that shows the hub token, where the hub asks for one.
 * @throws HubError unauthorized, rate_limited
 */
export const admitToHub = async (hub: Hub, services: Services, proof: Pick<Proof, 'bearer' | 'address'>): Promise<void> => {
  if (knowsHub(services, proof)) return;
  await hub.spend(perAddress('wrong-token', proof.address), hub.limits.rates.wrongToken, 'Too many wrong tokens from this address.');
  // Alike for every other token, also one of a channel: nothing is learned of those here.
  const wrong = proof.bearer !== undefined;
  throw new HubError('unauthorized', wrong ? "That is not this hub's token." : 'This hub asks for its token.', {
    hint: `Send ${wrong ? 'the right one as ' : ''}"Authorization: Bearer HUB_TOKEN"; its operator has it.`,
  });
};

/**
 * Lets the operator in. A hub without an admin token has no such place, whatever is shown.
 * @throws HubError not_found, unauthorized, rate_limited
 */
export const admitAdmin = async (hub: Hub, services: Services, { bearer, address }: Pick<Proof, 'bearer' | 'address'>): Promise<void> => {
  if (services.adminTokenHash === null) throw new HubError('not_found');
  if (bearer !== undefined && sameHash(hashSecret(bearer), services.adminTokenHash)) return;
  await hub.spend(perAddress('wrong-token', address), hub.limits.rates.wrongToken, 'Too many wrong tokens from this address.');
  const wrong = bearer !== undefined;
  throw new HubError('unauthorized', wrong ? "That is not this hub's admin token." : 'This asks for the admin token of the hub.', {
    hint: `Send ${wrong ? 'the right one as ' : ''}"Authorization: Bearer ADMIN_TOKEN"; the operator chose it with --admin-token.`,
  });
};

/**
 * The token of the channel, as bearer or, beside a hub token, in its own header. The hub token alone opens no channel, and
 * is no wrong token either.
 * @throws HubError unauthorized
 */
const channelTokenOf = (services: Services, proof: Proof, name: 'channel' | 'owner'): { channelId: string; token: string } => {
  const { channelId, channelToken, bearer } = proof;
  // Tokens of channels look like secrets of ours: whoever shows one is let in without a look at the hub token.
  const hubTokenAlone =
    services.hubTokenHash !== null &&
    channelToken === undefined &&
    bearer !== undefined &&
    !looksSecret(bearer) &&
    knowsHub(services, proof);
  const token = hubTokenAlone ? undefined : (channelToken ?? bearer);
  if (token !== undefined && channelId !== undefined) return { channelId, token };
  throw new HubError('unauthorized', `The ${name} token is missing.`, {
    hint: hubTokenAlone
      ? `Send it as the header "X-Channel-Token", beside the token of the hub${name === 'owner' ? '' : '; to join over MCP, as the argument token'}.`
      : `Send it as "Authorization: Bearer ${name === 'owner' ? 'OWNER' : 'JOIN'}_TOKEN".`,
  });
};

/** The channel that a caller's token opens, or a band, which asks for no more than the hub does. */
const channelOf = (call: OpenCall, op: AnyOperation): Eventually<Channel> => {
  const { hub, services, proof } = call;
  if (hub.bands && proof.channelId !== undefined && isBand(proof.channelId)) {
    const id = proof.channelId;
    call.token = bandToken(proof.address);
    return andThen(admitToHub(hub, services, proof), () => bandOf(hub.engine, id));
  }
  const { channelId, token } = channelTokenOf(services, proof, 'channel');
  call.token = token;
  return hub.channelFor(channelId, token, proof.address, op.closed);
};

/**
 * Lets in who shows a channel's token, and with it a session, or a session alone where that opens its channel. Without
 * a promise where the engine has none: every send and listen comes along here.
 */
const admitToChannel = (call: OpenCall, op: AnyOperation): Eventually<OpenCall> => {
  const { hub, proof } = call;
  const sessionId = op.begins ? undefined : proof.sessionId;
  if (proof.sessionOpens && sessionId !== undefined && proof.channelId !== undefined) {
    return andThen(hub.memberFor(proof.channelId, sessionId), (member) =>
      Object.assign(call, member, { token: proof.channelToken ?? proof.bearer ?? '' }),
    );
  }
  return andThen(channelOf(call, op), (channel) => {
    call.channel = channel;
    // A closed channel has no sessions, and what it kept asks for none.
    if (sessionId === undefined || channel.closedAt !== null) {
      if (op.scope === 'member') throw new HubError('not_joined', 'The request names no session.');
      call.session = null;
      return call;
    }
    return andThen(hub.sessionFor(channel, sessionId), (session) => {
      call.session = session;
      return call;
    });
  });
};

const admitElsewhere = async (call: OpenCall, op: AnyOperation): Promise<OpenCall> => {
  const { hub, services, proof } = call;
  if (op.scope === 'open') await admitToHub(hub, services, proof);
  else if (op.scope === 'admin') await admitAdmin(hub, services, proof);
  else if (hub.bands && proof.channelId !== undefined && isBand(proof.channelId)) {
    // Nobody made it, so it is the operator's.
    await admitAdmin(hub, services, proof);
    call.channel = await bandOf(hub.engine, proof.channelId);
    call.tokenHash = null;
  } else if (op.scope === 'keeper') {
    const { channelId, token } = channelTokenOf(services, proof, 'channel');
    Object.assign(call, await hub.hooks.channelFor(channelId, token, proof.address));
  } else {
    const { channelId, token } = channelTokenOf(services, proof, 'owner');
    call.channel = await hub.ownedChannelFor(channelId, token, proof.address, op.closed);
  }
  return call;
};

/** Lets a call in that proves what its operation asks for. @throws HubError */
export const admit = (hub: Hub, services: Services, op: AnyOperation, proof: Proof, signal: Cancel | undefined): Eventually<OpenCall> => {
  const call: OpenCall = { hub, services, proof, signal, input: undefined };
  return op.scope === 'channel' || op.scope === 'member' ? admitToChannel(call, op) : admitElsewhere(call, op);
};

/** Takes a call from its allowance. @throws HubError rate_limited */
export const allow = (hub: Hub, rate: RateName, { address }: Proof): Eventually<void> =>
  hub.spend(perAddress(rate, address), hub.limits.rates[rate], 'Too many of these calls from this address.');
