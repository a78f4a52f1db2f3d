/** What each scope asks of a caller, in the words and forms of the descriptions: one row a scope. */
import type { Scope } from '../operations/route.ts';

/** The ways to show something, as OpenAPI names them. */
export const SECURITY_SCHEMES = {
  joinToken: { type: 'http', scheme: 'bearer', description: 'The join token of the channel: `rt_join_…`.' },
  session: { type: 'apiKey', in: 'header', name: 'X-Session-Id', description: 'The `session_id` that join returned: `rt_session_…`.' },
  ownerToken: { type: 'http', scheme: 'bearer', description: 'The owner token of the channel: `rt_owner_…`.' },
  adminToken: { type: 'http', scheme: 'bearer', description: 'The admin token of the hub, which its operator chose.' },
  hubToken: { type: 'http', scheme: 'bearer', description: 'The token of a shared hub, which its operator chose.' },
  channelToken: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Channel-Token',
    description: "The channel's token, when the bearer is the hub's.",
  },
} as const;
type SchemeName = keyof typeof SECURITY_SCHEMES;

interface ScopeRow {
  /** What a caller shows, in a few words. */
  readonly needs: string;
  /** The same where the hub has a token, when that differs. */
  readonly needsOnShared?: string;
  /** Who that is. */
  readonly who: string;
  /** What a caller shows; each list is one way. */
  readonly shows: readonly (readonly SchemeName[])[];
  /** Other ways where the hub has a token. */
  readonly showsOnShared: readonly (readonly SchemeName[])[];
}

export const SCOPES: Readonly<Record<Scope, ScopeRow>> = {
  open: {
    needs: 'no token on a local hub',
    needsOnShared: 'hub token',
    who: 'Whom the hub lets in.',
    shows: [],
    showsOnShared: [['hubToken']],
  },
  channel: {
    needs: 'channel token',
    who: 'Who has the join token of the channel.',
    shows: [['joinToken']],
    showsOnShared: [['hubToken', 'channelToken']],
  },
  member: {
    needs: 'channel token and session',
    who: 'Who has joined the channel.',
    shows: [['joinToken', 'session']],
    showsOnShared: [['hubToken', 'channelToken', 'session']],
  },
  owner: {
    needs: 'owner token',
    who: 'Who has the owner token of the channel.',
    shows: [['ownerToken']],
    showsOnShared: [['hubToken', 'channelToken']],
  },
  keeper: {
    needs: 'channel token; owner token where the channel is trusted',
    who: 'Who has the join token or the owner token of the channel; on a trusted channel the owner alone.',
    shows: [['joinToken'], ['ownerToken']],
    showsOnShared: [['hubToken', 'channelToken']],
  },
  admin: {
    needs: 'admin token of the hub',
    who: 'The operator of the hub.',
    shows: [['adminToken']],
    showsOnShared: [],
  },
};

/** The row of an operation's scope. */
export const scopeOf = ({ scope }: { readonly scope: string }): ScopeRow => SCOPES[scope as Scope];
