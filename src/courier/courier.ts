/**
 * The courier: claims what is due, posts it, says how it went.
 *
 * It keeps nothing that matters. What it has claimed is another's when its lease ends, so a courier that dies in the
 * middle of an attempt costs a repeat and no delivery.
 */
import { setMaxListeners } from 'node:events';
import type { Clock } from '../core/clock.ts';
import { HubError } from '../core/errors.ts';
import type { Courier as Port } from '../core/hooks.ts';
import type { Outbox } from '../core/outbox.ts';
import { type Attempt, bodyOf, type Claimed, UNREADABLE, verdictOf } from '../core/webhooks.ts';
import type { RefusedError, Resolve } from './addresses.ts';
import type { Outcome } from './post.ts';
import { newSigningSecret, signatureHeaders } from './signing.ts';
import type { Vault } from './vault.ts';

export interface CourierOptions {
  readonly outbox: Outbox;
  readonly vault: Vault;
  readonly clock: Clock;
  /** Post to this machine and the networks around it, too. */
  readonly allowPrivate: boolean;
  readonly version: string;
  readonly report: (error: unknown) => void;
  /** By default as the operating system and the name servers do. */
  readonly resolve?: Resolve;
  /** From 0 to 1, for jitter. */
  readonly random?: () => number;
}

/** Deliveries under way at once. */
const MOST_AT_ONCE = 32;
/** An attempt takes 10 s at the most; what is left is for writing down how it went. */
const LEASE_MS = 30_000;
/** A wrong key of one hub shows in single attempts, which another hub makes good: its operator would not look there. */
const OTHER_KEY =
  'The signing secret of a webhook cannot be decrypted by this hub: hubs on one store need the same --secret-key (ROGERTHAT_SECRET_KEY).';
/** How long the outbox is left alone after it failed. */
const TROUBLE_MS = 5_000;

export class Courier implements Port {
  readonly leaseMs = LEASE_MS;
  readonly #options: CourierOptions;
  readonly #gone = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();
  #resolve: Resolve | null;
  #running = false;
  #looking = false;
  #again = false;
  #saidOtherKey = false;
  #stopTimer: () => void = () => {};

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#resolve = options.resolve ?? null;
    // Each attempt listens to it; Node would warn of a leak after ten.
    setMaxListeners(0, this.#gone.signal);
    options.outbox.onDue(() => void this.#look());
  }

  /** Begins to deliver, with what an earlier process left behind. */
  async start(): Promise<void> {
    const { outbox, vault, report } = this.#options;
    // A key that the operator gave may be wrong in this process and right in the others of a fleet: then a hook is
    // disabled only when all attempts have failed.
    if (!vault.shared) {
      const lost = await outbox.disableWebhooks(vault.keys(), UNREADABLE);
      if (lost > 0) report(new Error(`webhooks disabled: ${lost}; ${UNREADABLE}`));
    }
    this.#running = true;
    void this.#look();
  }

  /** Takes nothing more; attempts under way have so long to end, and are else left to their lease. */
  async close(graceMs: number): Promise<void> {
    this.#running = false;
    this.#stopTimer();
    const all = Promise.allSettled(this.#underWay);
    let stop = (): void => {};
    const late = new Promise<void>((resolve) => {
      stop = this.#options.clock.after(graceMs, resolve);
    });
    await Promise.race([all, late]);
    stop();
    this.#gone.abort();
    await all;
  }

  // What the hub asks of it

  async check(url: string): Promise<string> {
    const { checkTarget, options } = await this.#postOffice();
    try {
      const { href } = await checkTarget(url, options);
      return href === `${url}/` ? url : href;
    } catch (error) {
      const { message, instead } = error as RefusedError;
      throw new HubError('invalid_url', `The field "url" was ${message}.`, { hint: instead });
    }
  }

  newSecret(webhookId: string): { shown: string; stored: string } {
    const shown = newSigningSecret();
    return { shown, stored: this.#options.vault.seal(shown, webhookId) };
  }

  async deliver(claimed: Claimed): Promise<Attempt> {
    const { outbox, clock, random = Math.random } = this.#options;
    const at = clock.now();
    const started = clock.uptime();
    const outcome = await this.#post(claimed, at);
    const attempt: Attempt = { ...outcome, at, tookMs: Math.round(clock.uptime() - started) };
    // Nobody knows whether it arrived: left to its lease.
    if (this.#gone.signal.aborted) return attempt;
    await outbox.settle(claimed, attempt, verdictOf(claimed.delivery, attempt, random()));
    return attempt;
  }

  // Sending

  async #post(claimed: Claimed, at: number): Promise<Outcome> {
    const { hook, delivery } = claimed;
    const secret = this.#options.vault.open(hook.secret, hook.id);
    if (secret === null) {
      if (this.#options.vault.shared && !this.#saidOtherKey) this.#options.report(new Error(OTHER_KEY));
      this.#saidOtherKey = true;
      return { status: null, reason: UNREADABLE };
    }
    const { post, options } = await this.#postOffice();
    const body = bodyOf(claimed);
    const headers = {
      'Content-Type': 'application/json',
      'User-Agent': `RogerThat/${this.#options.version}`,
      ...signatureHeaders(secret, delivery.id, at, body),
    };
    return post({ url: hook.url, headers, body }, options, this.#gone.signal);
  }

  /** Loaded when the first webhook needs it: most hubs have none, and TLS and name rules take time to load. */
  async #postOffice() {
    const [{ post, checkTarget }, { systemResolve }] = await Promise.all([import('./post.ts'), import('./names.ts')]);
    const { allowPrivate, clock } = this.#options;
    this.#resolve ??= systemResolve(allowPrivate);
    return { post, checkTarget, options: { allowPrivate, clock, resolve: this.#resolve } };
  }

  /** Claims what is due, once for all who ask meanwhile, and sets an alarm for what will be. */
  async #look(): Promise<void> {
    this.#again = true;
    if (this.#looking) return;
    this.#looking = true;
    try {
      while (this.#running && this.#again) {
        this.#again = false;
        await this.#claim();
      }
    } catch (error) {
      this.#options.report(error);
      this.#wake(TROUBLE_MS);
    } finally {
      this.#looking = false;
    }
  }

  async #claim(): Promise<void> {
    this.#stopTimer();
    const room = MOST_AT_ONCE - this.#underWay.size;
    // Each that ends looks again.
    if (room <= 0) return;
    const { claimed, nextMs } = await this.#options.outbox.claimDue(LEASE_MS, room);
    for (const one of claimed) this.#send(one);
    if (nextMs !== null) this.#wake(Math.max(1, nextMs));
  }

  #send(claimed: Claimed): void {
    const sent: Promise<void> = this.deliver(claimed)
      .then(
        () => {},
        (error: unknown) => {
          // Storage trouble is reported where it is, and the delivery comes again when its lease ends.
          if (!(error instanceof HubError)) this.#options.report(error);
        },
      )
      .finally(() => {
        this.#underWay.delete(sent);
        void this.#look();
      });
    this.#underWay.add(sent);
  }

  #wake(inMs: number): void {
    if (!this.#running) return;
    this.#stopTimer = this.#options.clock.after(inMs, () => void this.#look());
  }
}
