/**
 * The one schema of the configuration. Flags, environment variables, `--help` and docs/configuration.md
 * (cli/configuration.ts) are made from this table.
 */
import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { looksSecret } from './core/ids.ts';
import { type Limits, LimitsError, limitsFor, SECRET_LEAST } from './core/limits.ts';
import type { HubMode } from './core/types.ts';
import { ADDRESS_FORMS, parseAddress } from './engines/redis/link/address.ts';

export interface Option {
  readonly type: 'string' | 'boolean' | 'list';
  /** What stands for the value in the help. */
  readonly value?: string;
  /** As the help shows it. */
  readonly default?: string;
  readonly secret?: true;
  /** A switch that is on unless it is switched off. */
  readonly on?: true;
  /** Accepted beside `ROGERTHAT_NAME`. */
  readonly alsoEnv?: string;
  readonly help: string;
}

const LEAST = `at least ${SECRET_LEAST} characters, no spaces`;

export const OPTIONS = {
  port: { type: 'string', value: 'PORT', default: '7424', help: 'Port to listen on; 0 lets the system choose.' },
  host: {
    type: 'string',
    value: 'ADDRESS',
    default: '127.0.0.1',
    help: 'Address to listen on. Anything but loopback needs --token or --open.',
  },
  token: {
    type: 'string',
    value: 'SECRET',
    secret: true,
    help: `Ask every caller for this token (${LEAST}), or for a channel token on that channel.`,
  },
  'admin-token': {
    type: 'string',
    value: 'SECRET',
    secret: true,
    alsoEnv: 'ROGERRAT_ADMIN_TOKEN',
    help: `The operator's own token (${LEAST}); without it the hub has no operator's side.`,
  },
  open: { type: 'boolean', help: 'Let anyone who reaches the hub create channels, under its limits.' },
  'data-dir': { type: 'string', value: 'DIR', default: '~/.rogerthat', help: 'Where the hub keeps its database; one hub a directory.' },
  memory: { type: 'boolean', help: 'Keep everything in memory only; nothing survives a restart.' },
  redis: {
    type: 'string',
    value: 'URL',
    secret: true,
    help: 'Keep everything in Redis or Valkey, so that several hubs share it: redis://HOST:6379, redis+sentinel://HOST:26379,HOST:26379/NAME or redis+cluster://HOST:6379,HOST:6379; rediss… for TLS.',
  },
  durability: {
    type: 'string',
    value: 'MODE',
    default: 'async',
    help: 'With --redis: "async", or "replicated" to acknowledge nothing that no replica has.',
  },
  repair: { type: 'boolean', help: 'Set a damaged database aside and recover what is sound.' },
  origin: {
    type: 'string',
    value: 'URL',
    help: 'The address people outside use, such as https://hub.example: the hub answers to its name, and links have it.',
  },
  'allow-host': { type: 'list', value: 'NAME', help: 'Another host name to answer to; may be given more than once.' },
  'trust-proxy': { type: 'list', value: 'ADDRESS', help: 'A proxy whose X-Forwarded-For counts, or a network (10.0.0.0/8); repeatable.' },
  'allow-private-webhooks': {
    type: 'boolean',
    help: 'Let webhooks reach this machine and private networks. On by default unless --token or --open is given; --no-allow-private-webhooks: never.',
  },
  'secret-key': {
    type: 'string',
    value: 'SECRET',
    secret: true,
    help: `Encrypts the signing secrets of webhooks (${LEAST}), instead of a key file in the data directory; the same for all hubs of a fleet.`,
  },
  limits: {
    type: 'string',
    value: 'LIST',
    help: 'Limits to change, by commas: "off" for no rates, message_bytes=65536 for a size or guard, send=60/5 for a rate (at once/a second). Names: docs/protocol.md, LIMIT.',
  },
  bands: { type: 'boolean', on: true, help: 'Have the public bands general, help and random. --no-bands: have none.' },
  'log-level': { type: 'string', value: 'LEVEL', default: 'info', help: 'error, info, or debug (a line for each operation).' },
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof OPTIONS;
export const LOG_LEVELS = ['error', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const DURABILITIES = ['async', 'replicated'] as const;
type Durability = (typeof DURABILITIES)[number];

export interface Config {
  readonly port: number;
  readonly host: string;
  readonly mode: HubMode;
  readonly token: string | null;
  /** Null: the hub has no operator's side. */
  readonly adminToken: string | null;
  /** Null: in memory only. */
  readonly directory: string | null;
  /** Where several hubs keep everything together; null: this hub keeps its own. */
  readonly redis: string | null;
  readonly durability: Durability;
  readonly repair: boolean;
  readonly origin: string | null;
  readonly allowHosts: readonly string[];
  readonly trustProxies: readonly string[];
  /** Webhooks may reach this machine and private networks. */
  readonly allowPrivateWebhooks: boolean;
  /** Null: a key file in the data directory. */
  readonly secretKey: string | null;
  readonly limits: Limits;
  readonly bands: boolean;
  readonly logLevel: LogLevel;
}

/** The command line or the environment asks for something that cannot be. The program exits with 2. */
export class ConfigError extends Error {}

export const envName = (name: string): string => `ROGERTHAT_${name.toUpperCase().replaceAll('-', '_')}`;

const LOOPBACK = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|::1)$/;

type Raw = Partial<Record<OptionName, string | boolean | string[]>>;

const fromArguments = (args: readonly string[]): Raw => {
  const options = Object.fromEntries(
    Object.entries(OPTIONS).map(([name, { type }]) => [
      name,
      { type: type === 'boolean' ? ('boolean' as const) : ('string' as const), multiple: type === 'list' },
    ]),
  );
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false, allowNegative: true }).values as Raw;
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : String(error));
  }
};

const fromEnvironment = (env: NodeJS.ProcessEnv): Raw => {
  const raw: Raw = {};
  for (const name of Object.keys(OPTIONS) as OptionName[]) {
    const { type, alsoEnv }: Option = OPTIONS[name];
    const text = env[envName(name)] || (alsoEnv === undefined ? undefined : env[alsoEnv]);
    if (text === undefined || text === '') continue;
    if (type === 'list') raw[name] = text.split(',').flatMap((one) => one.trim() || []);
    else if (type === 'string') raw[name] = text;
    else if (/^(?:1|true|yes|on)$/i.test(text)) raw[name] = true;
    else if (/^(?:0|false|no|off)$/i.test(text)) raw[name] = false;
    else throw new ConfigError(`${envName(name)} must be true or false`);
  }
  return raw;
};

const portOf = (text: string): number => {
  const port = Number(text);
  if (!/^[0-9]{1,5}$/.test(text) || port > 65_535) throw new ConfigError(`--port (${envName('port')}) must be a number from 0 to 65535`);
  return port;
};

const originOf = (text: string): string => {
  try {
    const { protocol, origin, pathname, search } = new URL(text);
    if (/^https?:$/.test(protocol) && pathname === '/' && search === '') return origin;
  } catch {
    // Falls through to the one sentence.
  }
  throw new ConfigError(`--origin (${envName('origin')}) must be like https://hub.example, without a path`);
};

const allowHostOf = (text: string): string => {
  if (/^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/i.test(text)) return text;
  throw new ConfigError(`--allow-host (${envName('allow-host')}) must be a host name such as hub.example, or hub.example:8443`);
};

const redisOf = (text: string): string => {
  if (parseAddress(text) !== null) return text;
  // Never the text itself: it may have a password in it.
  throw new ConfigError(`--redis (${envName('redis')}) must be like ${ADDRESS_FORMS}`);
};

const proxyOf = (text: string): string => {
  const [address = '', bits = '0', ...more] = text.split('/');
  const most = [-1, 32, 128][[0, 4, 6].indexOf(isIP(address))]!;
  if (more.length === 0 && /^[0-9]{1,3}$/.test(bits) && Number(bits) <= most) return text;
  throw new ConfigError(`--trust-proxy (${envName('trust-proxy')}) must be an IP address, or a network such as 10.0.0.0/8`);
};

const homeDirectory = (): string => {
  try {
    return homedir();
  } catch {
    // A user of a container, whom the system does not know.
    throw new ConfigError(
      `this user has no home directory: set HOME, or name the directory of the data with --data-dir (${envName('data-dir')})`,
    );
  }
};

const directoryOf = (text: string): string => {
  if (text === '') throw new ConfigError(`--data-dir (${envName('data-dir')}) must name a directory`);
  return resolve(text.startsWith('~/') ? join(homeDirectory(), text.slice(2)) : text);
};

/**
 * The configuration of a hub: flags go before the environment, and both before the defaults.
 * @throws ConfigError with a sentence for whoever typed it
 */
export const readConfig = (args: readonly string[], env: NodeJS.ProcessEnv): Config => {
  const raw: Raw = { ...fromEnvironment(env), ...fromArguments(args) };
  const text = (name: OptionName): string | null => (raw[name] as string | undefined) ?? (OPTIONS[name] as Option).default ?? null;
  // As URLs have it, too.
  const host = (text('host') ?? '').replace(/^\[(.*)\]$/, '$1');
  const secret = (name: 'token' | 'admin-token' | 'secret-key'): string | null => {
    const given = text(name);
    if (given === null) return null;
    if (looksSecret(given)) {
      throw new ConfigError(
        `--${name} (${envName(name)}) is a secret of this hub, and this is one of a channel. Commands take a channel token from ROGERTHAT_CHANNEL_TOKEN`,
      );
    }
    if (given.length < SECRET_LEAST || !/^[!-~]+$/.test(given)) {
      throw new ConfigError(`--${name} must have ${LEAST}: "openssl rand -hex 32" makes one`);
    }
    return given;
  };
  const token = secret('token');
  const adminToken = secret('admin-token');
  if (token !== null && token === adminToken) throw new ConfigError('--admin-token and --token must differ: every caller has the latter');
  if (raw.open && token !== null) throw new ConfigError('--open and --token exclude each other');
  const mode = raw.open ? 'open' : token === null ? 'local' : 'shared';
  if (mode === 'local' && !LOOPBACK.test(host)) {
    throw new ConfigError(
      `--host ${host} lets other machines in: add --token SECRET to ask them for a token, or --open to let anyone create channels`,
    );
  }
  const logLevel = text('log-level') as LogLevel;
  if (!LOG_LEVELS.includes(logLevel)) throw new ConfigError(`--log-level must be one of ${LOG_LEVELS.join(', ')}`);
  let limits: Limits;
  try {
    limits = limitsFor(mode, text('limits') ?? '');
  } catch (error) {
    if (error instanceof LimitsError) throw new ConfigError(error.message);
    throw error;
  }
  const origin = text('origin');
  const redis = text('redis');
  if (redis !== null && raw.memory) throw new ConfigError('--redis and --memory exclude each other');
  if (raw.repair && (redis !== null || raw.memory))
    throw new ConfigError('--repair is for the database of a data directory, not for --redis or --memory');
  const durability = text('durability') as Durability;
  if (!DURABILITIES.includes(durability)) throw new ConfigError(`--durability must be one of ${DURABILITIES.join(', ')}`);
  if (durability !== 'async' && redis === null) throw new ConfigError('--durability is for --redis; a data directory is always synced');
  return {
    port: portOf(text('port') ?? ''),
    host,
    mode,
    token,
    adminToken,
    directory: raw.memory ? null : directoryOf(text('data-dir') ?? ''),
    redis: redis === null ? null : redisOf(redis),
    durability,
    repair: raw.repair === true,
    origin: origin === null ? null : originOf(origin),
    allowHosts: ((raw['allow-host'] as string[] | undefined) ?? []).map(allowHostOf),
    trustProxies: ((raw['trust-proxy'] as string[] | undefined) ?? []).map(proxyOf),
    allowPrivateWebhooks: (raw['allow-private-webhooks'] as boolean | undefined) ?? mode === 'local',
    secretKey: secret('secret-key'),
    limits,
    bands: raw.bands !== false,
    logLevel,
  };
};
