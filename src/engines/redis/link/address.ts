/**
 * The address of a store as an operator writes it.
 *
 * | form | what |
 * |---|---|
 * | `redis://[user:password@]host[:port][/database]` | one primary |
 * | `redis+sentinel://[user:password@]host[:port][,host…]/name[/database]` | the primary that Sentinels know by this name |
 * | `redis+cluster://[user:password@]host[:port][,host…]` | a Redis Cluster, of which these are some nodes |
 *
 * With `rediss` in place of `redis` every connection is TLS. User and password are those of the servers that keep the
 * messages; Sentinels that ask for their own take `?sentinel_user=…&sentinel_password=…`.
 */

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface Credentials {
  readonly username?: string;
  readonly password?: string;
}

export interface StoreAddress {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly tls: boolean;
  /** For the servers that keep the messages. */
  readonly credentials: Credentials;
  readonly sentinelCredentials: Credentials;
  /** What was written, in its order: one, unless the kind has more. */
  readonly endpoints: readonly Endpoint[];
  /** What Sentinels call the primary; empty for the other kinds. */
  readonly master: string;
  readonly database: number;
  /** Without secrets. */
  readonly shown: string;
}

const PORTS = { single: 6379, cluster: 6379, sentinel: 26379 } as const;

export const ADDRESS_FORMS =
  'redis://user:password@host:6379, redis+sentinel://host:26379,host:26379/name or redis+cluster://host:6379,host:6379 (rediss… for TLS)';

const endpointOf = (text: string, standard: number): Endpoint | null => {
  if (!URL.canParse(`redis://${text}`)) return null;
  const { hostname, port, username, pathname } = new URL(`redis://${text}`);
  if (hostname === '' || username !== '' || pathname !== '') return null;
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? standard : Number(port) };
};

export const endpointText = ({ host, port }: Endpoint): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/**
 * What ends the name of everything that is published for hubs. Databases share their server's pub/sub, and hubs on two of them
 * have nothing to tell each other.
 */
export const topicEnd = ({ database }: Pick<StoreAddress, 'database'>): string => (database === 0 ? '' : `@${database}`);

const decoded = (text: string): string | null => {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
};

const credentialsOf = (user: string | null | undefined, password: string | null | undefined): Credentials => ({
  ...(user ? { username: user } : {}),
  ...(password ? { password } : {}),
});

/** @returns null when it is none of the forms above */
export const parseAddress = (text: string): StoreAddress | null => {
  const parts = /^redis(s?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/?#]*)@)?([^/?#@]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(text);
  if (parts === null) return null;
  const [, secure, more, login, hosts = '', path = '', query = ''] = parts;
  const kind = (more ?? 'single') as StoreAddress['kind'];
  const endpoints = hosts.split(',').map((host) => endpointOf(host, PORTS[kind]));
  if (endpoints.includes(null) || (kind === 'single' && endpoints.length > 1)) return null;

  const [user, password] = (login ?? '').split(/:(.*)/s, 2).map(decoded);
  const asked = new URLSearchParams(query);
  const known = kind === 'sentinel' ? ['sentinel_user', 'sentinel_password'] : [];
  if (user === null || password === null || [...asked.keys()].some((name) => !known.includes(name))) return null;

  const steps = path === '' ? [] : path.split('/').map(decoded);
  const master = kind === 'sentinel' ? steps.shift() : '';
  const database = kind === 'cluster' ? undefined : steps.shift();
  if (!master && kind === 'sentinel') return null;
  if (steps.some((step) => step !== '') || !/^\d{0,6}$/.test(database ?? '')) return null;

  const list = endpoints as Endpoint[];
  return {
    ...{ kind, tls: secure === 's', endpoints: list, master: master ?? '', database: Number(database ?? 0) },
    credentials: credentialsOf(user, password),
    sentinelCredentials: credentialsOf(asked.get('sentinel_user'), asked.get('sentinel_password')),
    shown: `redis${secure}${more ? `+${more}` : ''}://${list.map(endpointText).join(',')}${master ? `/${master}` : ''}`,
  };
};
