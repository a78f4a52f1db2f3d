/** The verbs of webhooks. Which event goes to which hook is in webhooks.ts, how it is kept in outbox.ts. */
import type { Clock } from './clock.ts';
import type { Engine } from './engine.ts';
import { HubError } from './errors.ts';
import { hashSecret, newWebhookId, sameHash } from './ids.ts';
import type { HookCounts, Outbox } from './outbox.ts';
import { OWNER_ASKED } from './owning.ts';
import { closedError } from './refusing.ts';
import type { Channel, Eventually } from './types.ts';
import type { Attempt, Claimed, Webhook, WebhookDelivery, WebhookEvent } from './webhooks.ts';

/** Who posts. The hub asks it what it would do, and to do it now; what is due it finds by itself. */
export interface Courier {
  /**
   * Looks at a URL and at what its name resolves to.
   * @returns it as it is posted to, without characters that look like others or hide some
   * @throws HubError invalid_url when it would refuse to post there
   */
  check(url: string): Promise<string>;
  /** Draws a signing secret: as it is shown once, and as it is stored. */
  newSecret(webhookId: string): { readonly shown: string; readonly stored: string };
  /** Attempts a claimed delivery and settles it. */
  deliver(claimed: Claimed): Promise<Attempt>;
  /** How long a claim must hold for an attempt to end within it, ms. */
  readonly leaseMs: number;
}

export interface WebhookRequest {
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly callsign: string | null;
}

/** What the verbs need of the hub. */
interface Desk {
  readonly engine: Pick<Engine, 'channel' | keyof Outbox>;
  readonly clock: Clock;
  readonly courier: Courier | null;
  ownedChannelFor(channelId: string, token: string, address: string, closedToo?: boolean, asked?: string): Promise<Channel>;
}

/** How a webhook stands, for the operator. */
export interface HookStanding {
  readonly hook: Webhook;
  /** Deliveries that are still to be made. */
  readonly waiting: number;
  /** The latest attempt of any delivery; null when none was made, or none is remembered. */
  readonly last: Attempt | null;
}

/** What to show instead of a wrong token, where either token of a channel may do. */
const KEEPER_ASKED =
  'Send the join token of the channel as "Authorization: Bearer TOKEN"; on a trusted channel the owner token, which whoever made it has.';

const unknownHook = (): HubError =>
  new HubError('not_found', 'The channel has no such webhook.', { hint: 'GET /api/channels/{channel_id}/webhooks lists them.' });

const courierOf = (desk: Desk): Courier => {
  if (!desk.courier)
    throw new HubError('not_found', 'This hub sends no webhooks.', { hint: 'Ask its operator, who can start it with --secret-key.' });
  return desk.courier;
};

export class Hooks {
  readonly #desk: Desk;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /**
   * The channel whose webhooks a token may change: either token's, the owner's alone where the channel is trusted, since
   * whoever sets up a webhook reads everything.
   * @returns with it the hash of the join token; null when the owner's was shown
   * @throws HubError unauthorized, rate_limited after too many wrong tokens
   */
  async channelFor(channelId: string, token: string, address: string): Promise<{ channel: Channel; tokenHash: string | null }> {
    const { engine } = this.#desk;
    const channel = await engine.channel(channelId);
    const tokenHash = hashSecret(token);
    if (!channel || !sameHash(tokenHash, channel.joinTokenHash))
      return { channel: await this.#desk.ownedChannelFor(channelId, token, address, false, KEEPER_ASKED), tokenHash: null };
    if (channel.closedAt !== null) throw closedError();
    if (channel.trustMode === 'untrusted') return { channel, tokenHash };
    throw new HubError('unauthorized', 'On a trusted channel this asks for the owner token.', { hint: OWNER_ASKED });
  }

  /**
   * Makes a webhook. Its secret is in the answer, and nowhere else in plain.
   * @param tokenHash of the join token that was shown; null: it is the owner's
   * @throws HubError invalid_url, hub_full, storage_unavailable; unauthorized when the join token was changed meanwhile
   */
  async create(channel: Channel, request: WebhookRequest, tokenHash: string | null): Promise<{ hook: Webhook; secret: string }> {
    const courier = courierOf(this.#desk);
    const url = await courier.check(request.url);
    const id = newWebhookId();
    const { shown, stored } = courier.newSecret(id);
    const hook: Webhook = {
      ...{ id, channelId: channel.id, url, events: [...new Set(request.events)], callsign: request.callsign },
      ...{ secret: stored, byOwner: tokenHash === null, createdAt: this.#desk.clock.now(), disabled: null },
    };
    await this.#desk.engine.addWebhook(hook, tokenHash);
    return { hook, secret: shown };
  }

  list(channel: Channel): Eventually<readonly Webhook[]> {
    return this.#desk.engine.webhooks(channel.id);
  }

  counts(): Eventually<HookCounts> {
    return this.#desk.engine.hookCounts();
  }

  /** How each webhook of a channel stands. */
  async standing(channel: Channel): Promise<readonly HookStanding[]> {
    const { engine } = this.#desk;
    const found: HookStanding[] = [];
    for (const hook of await engine.webhooks(channel.id)) {
      const deliveries = await engine.deliveries(channel.id, hook.id, Number.POSITIVE_INFINITY);
      // Deleted meanwhile.
      if (!deliveries) continue;
      let waiting = 0;
      let last: Attempt | null = null;
      for (const { state, attempts } of deliveries) {
        if (state === 'pending') waiting++;
        const attempt = attempts.at(-1);
        if (attempt && (last === null || attempt.at > last.at)) last = attempt;
      }
      found.push({ hook, waiting, last });
    }
    return found;
  }

  /** @throws HubError not_found, storage_unavailable */
  async remove(channel: Channel, webhookId: string): Promise<void> {
    if (!(await this.#desk.engine.removeWebhook(channel.id, webhookId))) throw unknownHook();
  }

  /** Sends a test at once, and once. @throws HubError not_found, storage_unavailable */
  async test(channel: Channel, webhookId: string): Promise<{ deliveryId: string; attempt: Attempt }> {
    const courier = courierOf(this.#desk);
    const claimed = await this.#desk.engine.claimTest(channel.id, webhookId, courier.leaseMs);
    if (!claimed) throw unknownHook();
    return { deliveryId: claimed.delivery.id, attempt: await courier.deliver(claimed) };
  }

  /** Newest first. @throws HubError not_found */
  async deliveries(channel: Channel, webhookId: string, limit: number): Promise<readonly WebhookDelivery[]> {
    const found = await this.#desk.engine.deliveries(channel.id, webhookId, limit);
    if (!found) throw unknownHook();
    return found;
  }
}
