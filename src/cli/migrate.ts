/** `rogerthat migrate`: moves everything that a hub keeps between a data directory and Redis. */
import { resolve } from 'node:path';
import { type Config, ConfigError, readConfig } from '../config.ts';
import { RECORD_KINDS, type StoreRecord, UnsureMoveError } from '../core/moving.ts';
import { type Migration, type Moved, migrate } from '../migration/migrate.ts';
import type { Place } from '../migration/places.ts';
import type { Context } from './context.ts';
import { CliError } from './exit.ts';

/** What of a hub's environment speaks of where it keeps everything, and of how. */
const CONCERNS = /^ROGERTHAT_(?:REDIS|DURABILITY|SECRET_KEY|LIMITS)/;

const NAMES: Readonly<Record<StoreRecord['kind'], string>> = {
  identity: 'identities',
  note: 'notes, of MCP sessions',
  channel: 'channels, bands among them',
  ban: 'bans',
  seat: 'seats and mailboxes',
  tombstone: 'ended sessions that are remembered',
  key: 'idempotency keys',
  event: 'transcript events',
  webhook: 'webhooks',
  delivery: 'webhook deliveries',
};

/** @throws ConfigError */
const configOf = (context: Context, args: readonly string[], redis: boolean): Config => {
  const env = Object.entries(context.env).filter(([name]) => CONCERNS.test(name) && (redis || !/REDIS|DURABILITY/.test(name)));
  return readConfig(args, Object.fromEntries(env));
};

/** The word `redis` stands for what the environment says, so that no password is typed. @throws CliError usage, ConfigError */
const placeOf = (context: Context, option: 'from' | 'to'): Place => {
  const text = context.option(option);
  if (text === undefined) throw new CliError('usage', `--${option} is missing: a data directory, the URL of a Redis, or "redis".`);
  // What is no address of a Redis is said where addresses are read.
  if (text !== 'redis' && !/^[a-z+.-]+:\/\//i.test(text)) {
    const { directory } = configOf(context, ['--data-dir', text], false);
    return { at: 'directory', directory: resolve(directory ?? text) };
  }
  const { redis, durability } = configOf(context, text === 'redis' ? [] : ['--redis', text], true);
  if (redis === null) throw new CliError('usage', `--${option} redis needs the URL in ROGERTHAT_REDIS.`);
  return { at: 'redis', url: redis, durability };
};

const same = (a: Place, b: Place): boolean =>
  a.at === 'redis' ? b.at === 'redis' && a.url === b.url : b.at === 'directory' && a.directory === b.directory;

const shown = (place: Place): string => (place.at === 'directory' ? place.directory : 'Redis');

const report = ({ counts, owed, unreadable }: Moved, from: Place, to: Place): string => {
  const width = Math.max(...RECORD_KINDS.map((kind) => String(counts[kind]).length));
  return [
    `Moved from ${shown(from)} to ${shown(to)}, read back and found the same:`,
    ...RECORD_KINDS.map(
      (kind) =>
        `  ${String(counts[kind]).padStart(width)}  ${NAMES[kind]}${kind === 'delivery' ? `, ${owed} of them still to be made` : ''}`,
    ),
    ...(unreadable.length === 0
      ? []
      : [
          `Not to be opened with the keys that are here, so the hub will disable them: ${unreadable.join(', ')}. Make these webhooks anew.`,
        ]),
    'Texts that a channel does not keep stayed behind: whoever had not read them is told with a gap, as after a restart.',
    `The source is as it was. Start the hub on the new place${to.at === 'redis' ? ' with --redis' : ' with --data-dir'}, and none on the old one.`,
  ].join('\n');
};

const AS_IT_WAS = 'Nothing was moved, and the source is as it was. The same command begins anew.';

const UNSURE = 'Start a hub on the new place. If it refuses, or knows none of your channels, move once more.';

export const run = async (context: Context): Promise<void> => {
  let job: Pick<Migration, 'from' | 'to' | 'secretKey' | 'limits'>;
  try {
    const { secretKey, limits } = configOf(context, [], false);
    job = { from: placeOf(context, 'from'), to: placeOf(context, 'to'), secretKey, limits };
  } catch (error) {
    throw error instanceof ConfigError ? new CliError('usage', error.message) : error;
  }
  const { from, to } = job;
  if (same(from, to)) throw new CliError('usage', '--from and --to are the same place.');
  let moved: Moved;
  try {
    moved = await migrate({ ...job, signal: context.signal });
  } catch (error) {
    if (error instanceof UnsureMoveError) throw new CliError('failed', error.message, UNSURE);
    if (context.signal.aborted) throw new CliError('failed', 'Stopped before it was done.', AS_IT_WAS);
    throw new CliError('failed', error instanceof Error ? error.message : String(error), AS_IT_WAS);
  }
  await context.out(context.json ? JSON.stringify(moved) : report(moved, from, to));
};
