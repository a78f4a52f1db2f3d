/** The part of the port that the model has no rules for: passed on as it is. */
import type { Due, Outbox } from '../../src/core/outbox.ts';
import type { Eventually } from '../../src/core/types.ts';
import type { Attempt, Claimed, Verdict, Webhook, WebhookDelivery } from '../../src/core/webhooks.ts';

export class PassOutbox implements Outbox {
  readonly #outbox: Outbox;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  onDue(hear: () => void): void {
    this.#outbox.onDue(hear);
  }

  addWebhook(hook: Webhook, tokenHash: string | null): Promise<void> {
    return this.#outbox.addWebhook(hook, tokenHash);
  }

  webhooks(channelId: string): Eventually<readonly Webhook[]> {
    return this.#outbox.webhooks(channelId);
  }

  hookCounts(): ReturnType<Outbox['hookCounts']> {
    return this.#outbox.hookCounts();
  }

  removeWebhook(channelId: string, webhookId: string): Promise<boolean> {
    return this.#outbox.removeWebhook(channelId, webhookId);
  }

  disableWebhooks(exceptKeys: readonly string[], reason: string): Promise<number> {
    return this.#outbox.disableWebhooks(exceptKeys, reason);
  }

  deliveries(channelId: string, webhookId: string, limit: number): Eventually<readonly WebhookDelivery[] | undefined> {
    return this.#outbox.deliveries(channelId, webhookId, limit);
  }

  claimTest(channelId: string, webhookId: string, leaseMs: number): Promise<Claimed | undefined> {
    return this.#outbox.claimTest(channelId, webhookId, leaseMs);
  }

  claimDue(leaseMs: number, limit: number): Eventually<Due> {
    return this.#outbox.claimDue(leaseMs, limit);
  }

  settle(claimed: Claimed, attempt: Attempt, verdict: Verdict): Promise<void> {
    return this.#outbox.settle(claimed, attempt, verdict);
  }
}
