/** The numbers of the hub, fetched again and again, and what is asked for. */
import { batch, effect, signal } from '@preact/signals';
import { call, type Problem, problemIn } from '../shared/api.ts';
import type { Asked, ChannelDetail, Channels, Overview } from './wire.ts';

/** What to say of an admin token that was typed in. */
export const HAS_IT = 'The operator of the hub has the right one.';

const REFRESH_MS = 5_000;
const PAGE = 50;

export class Tower {
  readonly token: string;
  readonly overview = signal<Overview | null>(null);
  readonly channels = signal<Channels | null>(null);
  readonly detail = signal<ChannelDetail | null>(null);
  /** Which channel is looked at. */
  readonly chosen = signal<string | null>(null);
  readonly problem = signal<Problem | null>(null);
  /** When the numbers came, as Date.now. */
  readonly freshAt = signal<number | null>(null);
  readonly sort = signal<Asked['sort']>('last_active_at');
  readonly order = signal<Asked['order']>('descending');
  readonly find = signal('');
  readonly retention = signal('');
  readonly shown = signal(PAGE);
  #timer = 0;
  #stopped = false;
  /** Answers to questions that were put before the last one are thrown away. */
  #round = 0;
  readonly #stopAsking: () => void;

  constructor(token: string) {
    this.token = token;
    this.#stopAsking = effect(() => {
      // Whatever is asked for anew is fetched at once.
      this.#query();
      this.chosen.value;
      void this.refresh();
    });
    document.addEventListener('visibilitychange', this.#look);
  }

  /** The hub does not take this token. */
  get refused(): boolean {
    return this.problem.peek()?.status === 401;
  }

  stop(): void {
    this.#stopped = true;
    this.#stopAsking();
    clearTimeout(this.#timer);
    document.removeEventListener('visibilitychange', this.#look);
  }

  sortBy(field: Asked['sort']): void {
    batch(() => {
      if (this.sort.value === field) this.order.value = this.order.value === 'ascending' ? 'descending' : 'ascending';
      else {
        this.sort.value = field;
        this.order.value = field === 'channel_id' || field === 'retention' ? 'ascending' : 'descending';
      }
    });
  }

  more(): void {
    this.shown.value += PAGE;
  }

  /** @throws Refused */
  async close(channelId: string): Promise<void> {
    await call(`/api/admin/channels/${encodeURIComponent(channelId)}`, { method: 'DELETE', token: this.token, body: {} });
    this.chosen.value = null;
    await this.refresh();
  }

  async refresh(): Promise<void> {
    // A refusal stays one; asking on would count as guessing.
    if (this.refused) return;
    const round = ++this.#round;
    clearTimeout(this.#timer);
    const { token } = this;
    const chosen = this.chosen.peek();
    try {
      const [overview, channels, detail] = await Promise.all([
        call<Overview>('/api/admin/overview', { token }),
        call<Channels>(`/api/admin/channels?${this.#query()}`, { token }),
        chosen === null ? null : this.#detailOf(chosen),
      ]);
      if (round !== this.#round || this.#stopped) return;
      batch(() => {
        this.overview.value = overview;
        this.channels.value = channels;
        this.detail.value = detail;
        this.problem.value = null;
        this.freshAt.value = Date.now();
      });
    } catch (error) {
      if (round === this.#round && !this.#stopped) this.problem.value = problemIn(error);
    }
    if (round === this.#round && !this.#stopped && !this.refused && document.visibilityState === 'visible') {
      this.#timer = window.setTimeout(() => void this.refresh(), REFRESH_MS);
    }
  }

  readonly #look = (): void => {
    if (document.visibilityState === 'visible') void this.refresh();
  };

  #query(): URLSearchParams {
    return new URLSearchParams({
      sort: this.sort.value,
      order: this.order.value,
      find: this.find.value,
      ...(this.retention.value === '' ? {} : { retention: this.retention.value }),
      limit: String(Math.min(500, this.shown.value)),
    });
  }

  /** Null when the channel has gone meanwhile. */
  async #detailOf(channelId: string): Promise<ChannelDetail | null> {
    try {
      return await call<ChannelDetail>(`/api/admin/channels/${encodeURIComponent(channelId)}`, { token: this.token });
    } catch (error) {
      if (problemIn(error).status !== 404) throw error;
      return null;
    }
  }
}
