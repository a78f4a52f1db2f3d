/**
 * The part of the engine's port that webhooks stand on: the hooks of a channel, and an outbox of what is owed to them.
 *
 * Its contract, beside that of the whole port:
 *
 *   - **Owed with what happened.** `append`, `claimSeat`, `leave` and the removal of a channel put a delivery for each
 *     hook that {@link concerns} names into the outbox, in the same atomic step. What was acknowledged is owed,
 *     whatever dies next.
 *   - **One sender at a time.** A claimed delivery is its holder's until the lease ends; then anybody may claim it. Only
 *     the holder can settle it. A delivery is claimed at least once more when a holder dies: receivers tell repeats by
 *     the id.
 *   - **In order, one by one.** Of a hook the oldest due delivery is claimed first, and no second one while it is under
 *     way. What waits for another try holds up nobody.
 *   - **Gone with the token.** `rotateToken` disables every armed hook that {@link goesWithToken} names, in the same atomic
 *     step; what waits for it is given up.
 *   - **Bounded.** When more waits for a hook than `limits.ts` allows, the oldest is given up, and says so; what is under
 *     way is not, since it may arrive.
 *   - No text of a message is written that the channel's retention does not keep. It stays in memory until the
 *     delivery is settled; after the death of the process the delivery goes without it.
 */
import type { Eventually } from './types.ts';
import type { Attempt, Claimed, Verdict, Webhook, WebhookDelivery } from './webhooks.ts';

export interface Due {
  readonly claimed: readonly Claimed[];
  /** Until there may be more to claim; null when nothing waits. */
  readonly nextMs: number | null;
}

/** Of all webhooks of the hub, for the operator; never content. */
export interface HookCounts {
  /** Of channels that are there. */
  readonly armed: number;
  readonly disabled: number;
  /** Deliveries that are still to be made, to webhooks of closed channels too. */
  readonly waiting: number;
  /** Deliveries that were given up since this process started, tests included. */
  readonly failed: number;
}

export interface Outbox {
  /** Tells that something may be due now. A hint, as all wake-ups are. Set once, before the first call. */
  onDue(hear: () => void): void;

  /**
   * @param tokenHash of the join token that it is made with, which must be the channel's still; null: it is the owner's
   * @throws HubError unauthorized when the join token was changed meanwhile; hub_full, storage_unavailable
   */
  addWebhook(hook: Webhook, tokenHash: string | null): Promise<void>;
  /** In the order in which they were made. */
  webhooks(channelId: string): Eventually<readonly Webhook[]>;
  /** Looks at every hook, so it is no call for a hot path. */
  hookCounts(): Eventually<HookCounts>;
  /** Removes a hook and all that is owed to it. Returns false when the channel has no such hook. */
  removeWebhook(channelId: string, webhookId: string): Promise<boolean>;
  /** Disables every armed hook whose secret was encrypted with none of these keys. Returns how many. */
  disableWebhooks(exceptKeys: readonly string[], reason: string): Promise<number>;
  /** What was and is to be delivered to a hook, newest first; undefined when the channel has no such hook. */
  deliveries(channelId: string, webhookId: string, limit: number): Eventually<readonly WebhookDelivery[] | undefined>;

  /** Puts a test into the outbox and claims it; undefined when the channel has no such hook. @throws HubError storage_unavailable */
  claimTest(channelId: string, webhookId: string, leaseMs: number): Promise<Claimed | undefined>;
  /** Claims at most `limit` deliveries that are due. */
  claimDue(leaseMs: number, limit: number): Eventually<Due>;
  /** Records an attempt and what follows from it. Does nothing when the lease is another's by now. @throws HubError storage_unavailable */
  settle(claimed: Claimed, attempt: Attempt, verdict: Verdict): Promise<void>;
}
