/** The Redis engine's part of the port for webhooks: all of it is the outbox's. */
import type { Due, HookCounts, Outbox as Port } from '../../core/outbox.ts';
import type { Attempt, Claimed, Verdict, Webhook, WebhookDelivery } from '../../core/webhooks.ts';
import type { Outbox } from './outbox.ts';

export class Hooked implements Port {
  protected readonly outbox: Outbox;

  constructor(outbox: Outbox) {
    this.outbox = outbox;
  }

  onDue(hear: () => void): void {
    this.outbox.onDue(hear);
  }

  addWebhook(hook: Webhook, tokenHash: string | null): Promise<void> {
    return this.outbox.add(hook, tokenHash);
  }

  webhooks(channelId: string): Promise<readonly Webhook[]> {
    return this.outbox.list(channelId);
  }

  hookCounts(): Promise<HookCounts> {
    return this.outbox.counts();
  }

  removeWebhook(channelId: string, webhookId: string): Promise<boolean> {
    return this.outbox.remove(channelId, webhookId);
  }

  disableWebhooks(exceptKeys: readonly string[], reason: string): Promise<number> {
    return this.outbox.disableExcept(exceptKeys, reason);
  }

  deliveries(channelId: string, webhookId: string, limit: number): Promise<readonly WebhookDelivery[] | undefined> {
    return this.outbox.deliveries(channelId, webhookId, limit);
  }

  claimTest(channelId: string, webhookId: string, leaseMs: number): Promise<Claimed | undefined> {
    return this.outbox.claimTest(channelId, webhookId, leaseMs);
  }

  claimDue(leaseMs: number, limit: number): Promise<Due> {
    return this.outbox.claimDue(leaseMs, limit);
  }

  settle(claimed: Claimed, attempt: Attempt, verdict: Verdict): Promise<void> {
    return this.outbox.settle(claimed, attempt, verdict);
  }
}
