/** What a conversation is, what it has to work with, and the steps that all of them are made of. */
import { randomBytes } from 'node:crypto';
import type { ProductName } from './clients.ts';
import type { Channel } from './hub.ts';
import type { FakeModel } from './model.ts';
import type { CallStep } from './script.ts';
import type { Tap } from './tap.ts';
import type { Wake } from './wake-test.ts';

/** Something a conversation proved about a client. */
export interface Proof {
  readonly client: ProductName;
  readonly era: string;
  readonly proven: string;
  readonly figure: string;
}

/** What a user was shown. */
export interface Shown {
  readonly client: ProductName;
  readonly where: string;
  readonly text: string;
}

export interface Outcome {
  readonly proofs: readonly Proof[];
  readonly shown?: readonly Shown[];
  /** What `rogerthat wake-test` told, one or several of one way. */
  readonly wakes?: readonly Wake[];
}

export interface Stage {
  /** Where the clients are installed. */
  readonly cache: string;
  readonly model: FakeModel;
}

export interface Conversation {
  readonly title: string;
  readonly needs: readonly ProductName[];
  readonly tmux?: true;
  /** It measures with `rogerthat wake-test`. */
  readonly wakes?: true;
  run(stage: Stage): Promise<Outcome>;
}

/** A word nobody could know without having received it. */
export const newWord = (): string => `w${randomBytes(6).toString('hex')}`;

const SESSION = '«session_id: (\\S+)»';
const SINCE = '«since=\\\\?"([^"\\\\]+)»';

export const create = (): CallStep => ({ tool: 'create_channel', args: { retention: 'none' } });

export const join = ({ id, token }: Channel, callsign: string): CallStep => ({ tool: 'join', args: { channel_id: id, token, callsign } });

export const send = (to: string, message: string): CallStep => ({ tool: 'send', args: { to, message, session_id: SESSION } });

/** Listens, until a message matches. Without `until`: once. */
export const listen = (until?: string, seconds = 20): CallStep => ({
  tool: 'listen',
  args: { since: SINCE, session_id: SESSION, timeout_seconds: seconds },
  ...(until === undefined ? {} : { until }),
});

export const roster = (until?: string): CallStep => ({
  tool: 'roster',
  args: { session_id: SESSION },
  ...(until === undefined ? {} : { until }),
});

export const history = (until: string): CallStep => ({ tool: 'history', args: { session_id: SESSION }, until, most: 1 });

export const leave = (): CallStep => ({ tool: 'leave', args: { session_id: SESSION }, until: 'You left', most: 1 });

/** The era a client was seen to speak. */
export const eraOf = ({ settled, revisions, methods }: Tap): string => {
  const revision = settled ?? revisions.at(-1) ?? 'none';
  const notes = [
    revision === '2026-07-28' ? 'sessionless' : 'sessions',
    ...(settled === null ? ['no version header'] : []),
    ...(methods.includes('tasks/get') ? ['tasks'] : []),
    ...(methods.includes('DELETE') ? ['ends its session'] : []),
  ];
  return `${revision} (${notes.join(', ')})`;
};

/** @throws Error saying what was expected */
export const expect = (so: boolean, what: string, seen: unknown): void => {
  if (!so) throw new Error(`expected ${what}; saw ${typeof seen === 'string' ? seen : JSON.stringify(seen)}`);
};

export const ms = (value: number): string => (value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`);
