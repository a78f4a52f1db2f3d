/** Opening a channel: its name, its tokens, its settings. */
import type { Clock } from './clock.ts';
import type { Engine } from './engine.ts';
import { HubError } from './errors.ts';
import { newChannelId, newSecret, sha256 } from './ids.ts';
import { hashPassword } from './trust.ts';
import type { Channel, Retention, TrustMode } from './types.ts';

export interface ChannelRequest {
  readonly retention: Retention;
  readonly trustMode: TrustMode;
  /** Null: what the trust mode asks for. */
  readonly requireIdentity: boolean | null;
  readonly ownerPassword: string | null;
  readonly sessionTtlMs: number;
}

export interface OpenedChannel {
  readonly channel: Channel;
  /** Both are shown once and kept nowhere. */
  readonly joinToken: string;
  readonly ownerToken: string;
}

/** What opening needs of the hub. */
interface Desk {
  readonly engine: Engine;
  readonly clock: Clock;
}

const freeChannelId = async (desk: Desk): Promise<string> => {
  for (;;) {
    const id = newChannelId();
    if (!(await desk.engine.channel(id))) return id;
  }
};

/** Makes a channel. @throws HubError invalid_trust, hub_full, storage_unavailable */
export const openChannel = async (desk: Desk, request: ChannelRequest): Promise<OpenedChannel> => {
  if (request.trustMode === 'trusted' && request.requireIdentity === false) {
    throw new HubError('invalid_trust', 'A trusted channel always requires identities; leave require_identity out.');
  }
  const joinToken = newSecret('join');
  const ownerToken = newSecret('owner');
  const channel: Channel = {
    id: await freeChannelId(desk),
    createdAt: desk.clock.now(),
    retention: request.retention,
    trustMode: request.trustMode,
    requireIdentity: request.requireIdentity ?? request.trustMode === 'trusted',
    sessionTtlMs: request.sessionTtlMs,
    joinTokenHash: sha256(joinToken),
    ownerTokenHash: sha256(ownerToken),
    ownerPasswordHash: request.ownerPassword === null ? null : await hashPassword(request.ownerPassword),
    paused: false,
    closedAt: null,
  };
  await desk.engine.createChannel(channel);
  return { channel, joinToken, ownerToken };
};
