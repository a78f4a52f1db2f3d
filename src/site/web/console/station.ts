/** A channel as this page sees it: the log, the roster, the link to the hub. */
import { batch, computed, type Signal, signal } from '@preact/signals';
import { call, type Problem, problemIn } from '../shared/api.ts';
import { duration } from '../shared/format.ts';
import { keep } from '../shared/keep.ts';
import { Draft } from './draft.ts';
import { type Followed, follow, type Link } from './follow.ts';
import { Logbook } from './logbook.ts';
import { Receipts } from './receipts.ts';
import { Seat } from './seat.ts';
import { Unread } from './unread.ts';
import type { Info, Line, Member } from './wire.ts';

/** Presence changes without an event. */
const ROSTER_MS = 5_000;
const INFO_MS = 20_000;

/** The name of the tab. */
export const titleOf = (channelId: string): string => `${channelId} · RogerThat`;

export const tokenName = (channelId: string): string => `token ${channelId}`;

export class Station {
  readonly channelId: string;
  readonly path: string;
  readonly token: Signal<string>;
  readonly link = signal<Link>({ state: 'connecting' });
  /** It was on the air once. */
  readonly met = signal(false);
  readonly info = signal<Info | null>(null);
  readonly roster = signal<readonly Member[] | null>(null);
  readonly log = new Logbook();
  readonly receipts: Receipts;
  readonly seat: Seat;
  readonly draft: Draft;
  readonly unread: Unread;
  /** The owner's token, as it was typed; never kept. */
  readonly ownerToken = signal('');
  /** What the hub refused for good: a wrong token, a channel that was closed. */
  readonly refused = computed<Problem | null>(() => (this.link.value.state === 'refused' ? this.link.value.problem : null));
  readonly #timers: number[];
  #stream: Followed;
  #lostAt: number | null = null;
  /** How often a roster was shown. */
  #rosters = 0;

  constructor(channelId: string, token: string) {
    this.channelId = channelId;
    this.path = `/api/channels/${encodeURIComponent(channelId)}`;
    this.token = signal(token);
    const now = (): string => this.token.value;
    this.receipts = new Receipts(`${this.path}/messages`, now, () => this.link.value.state === 'live');
    this.seat = new Seat(channelId, this.path, now);
    this.draft = new Draft(channelId);
    this.unread = new Unread(titleOf(channelId));
    this.#stream = this.#listen('0');
    this.#timers = [
      window.setInterval(() => this.#whileInSight(() => this.lookAtRoster()), ROSTER_MS),
      window.setInterval(() => this.#whileInSight(() => this.lookAtInfo()), INFO_MS),
    ];
    void this.lookAtInfo();
  }

  retry(): void {
    this.#stream.retry();
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#stream.stop();
    this.receipts.stop();
    this.seat.stop();
    this.draft.stop();
    this.unread.stop();
  }

  /** Goes on where it stopped under another join token. @throws Refused when the person's own seat cannot be taken again */
  async retune(token: string): Promise<void> {
    this.token.value = token;
    keep(tokenName(this.channelId), token);
    this.#stream.stop();
    this.#stream = this.#listen(this.#stream.cursor() ?? '0');
    await this.seat.rejoin();
  }

  async lookAtRoster(): Promise<void> {
    const before = this.#rosters;
    const { roster } = await call<{ roster: readonly Member[] }>(`${this.path}/roster`, { token: this.token.value });
    // What was shown meanwhile is newer.
    if (this.#rosters === before) this.#rostered(roster);
  }

  async lookAtInfo(): Promise<void> {
    try {
      this.info.value = await call<Info>(this.path, { token: this.token.value });
    } catch (error) {
      // The stream meets the same refusal and shows it.
      problemIn(error);
    }
  }

  #whileInSight(look: () => Promise<void>): void {
    if (document.visibilityState === 'visible' && this.link.value.state === 'live') look().catch(problemIn);
  }

  #listen(since: string): Followed {
    return follow({
      path: `${this.path}/stream`,
      token: () => this.token.value,
      since,
      onLink: (link) => this.#linked(link),
      onLines: (lines) => batch(() => this.#heard(lines)),
    });
  }

  #linked(link: Link): void {
    this.link.value = link;
    if (link.state === 'live') this.met.value = true;
    if (link.state === 'lost') this.#lostAt = link.since;
    if (link.state !== 'live' || this.#lostAt === null) return;
    this.log.note(`The connection was lost for ${duration(Date.now() - this.#lostAt)}. It went on where it stopped.`);
    this.#lostAt = null;
    this.seat.retry();
    void this.lookAtInfo();
  }

  #heard(lines: readonly Line[]): void {
    let messages: Line[] = [];
    const flush = (): void => {
      const fresh = this.log.add(messages as Extract<Line, { type: 'message' }>[]);
      for (const { from } of fresh) this.receipts.stir(from);
      this.unread.heard(fresh.filter(({ from }) => from !== this.seat.held.value?.callsign).length);
      messages = [];
    };
    for (const line of lines) {
      if (line.type === 'message') messages.push(line);
      else {
        flush();
        if (line.type === 'gap') this.log.gap(line);
        else if (line.type === 'roster') this.#rostered(line.roster);
      }
    }
    flush();
  }

  /** Says who came and went since the roster was last seen. */
  #rostered(roster: readonly Member[]): void {
    const before = this.roster.value;
    this.#rosters++;
    this.roster.value = roster;
    if (before === null) return;
    const names = (members: readonly Member[]): Set<string> => new Set(members.map(({ callsign }) => callsign));
    const [was, is] = [names(before), names(roster)];
    for (const name of is) if (!was.has(name)) this.log.note(`${name} joined.`);
    for (const name of was) if (!is.has(name)) this.log.note(`${name} left.`);
  }
}
