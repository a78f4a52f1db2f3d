/** An operation as a shell calls it. */
import type { AnyOperation } from '../operations/operation.ts';
import type { Scope } from '../operations/route.ts';

/** Which variable holds the token of a caller; null: nothing to show. */
const TOKENS: Readonly<Record<Scope, string | null>> = {
  open: null,
  channel: 'TOKEN',
  member: 'TOKEN',
  owner: 'OWNER_TOKEN',
  keeper: 'TOKEN',
  admin: 'ADMIN_TOKEN',
};

/**
 * The example of an operation as a line for a shell in which `HUB`, `API` (the channel), the tokens, `SESSION` and
 * `CURSOR` are set, and what else stands in the path.
 * @param session whether the session is shown
 */
export const curlOf = ({ rest, examples, scope, answers }: AnyOperation, session = scope === 'member'): string => {
  const path = rest.path
    .replace('/api/channels/{channel_id}', '$API')
    .replace(/^\/api/, '$HUB/api')
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => `$${name.toUpperCase()}`);
  const { headers = {} } = rest;
  const said = Object.entries((examples[0]?.input ?? {}) as Readonly<Record<string, unknown>>);
  const free = said.filter(([field]) => !rest.path.includes(`{${field}}`) && headers[field] === undefined);
  const token = TOKENS[scope as Scope];
  const shown = [
    ...(token === null ? [] : [`-H "Authorization: Bearer $${token}"`]),
    ...(session ? ['-H "X-Session-Id: $SESSION"'] : []),
    ...said.flatMap(([field, value]) => (headers[field] === undefined ? [] : [`-H "${headers[field]}: ${String(value)}"`])),
  ];
  const query = free.map(([field, value]) => `${field}=${field === 'since' ? '$CURSOR' : encodeURIComponent(String(value))}`).join('&');
  const words =
    rest.method === 'GET'
      ? [`"${path}${query === '' ? '' : `?${query}`}"`, ...shown]
      : [`-X ${rest.method} "${path}"`, ...shown, ...(free.length > 0 ? [`-d '${JSON.stringify(Object.fromEntries(free))}'`] : [])];
  return `curl ${answers === 'once' ? '-s' : '-sN'} ${words.join(' ')}`;
};
