/** What can be said of an operation without its schemas: who may call it, where, and how it answers. */

/**
 * `open`: anyone whom the hub lets in; `channel`: who has its join token; `member`: who has joined with it; `owner`: who
 * has its owner token; `keeper`: who has either of them, and on a trusted channel the owner token; `admin`: who has the
 * hub's admin token. No other scope contains another: an owner token joins nothing, and a join token owns nothing.
 */
export type Scope = 'open' | 'channel' | 'member' | 'owner' | 'keeper' | 'admin';

/** One value; one value after a wait of any length; events for as long as the caller stays; a list in pieces. */
export type Answers = 'once' | 'late' | 'stream' | 'pages';

/** Where REST finds an operation. Path parameters and the named headers become input fields of the same name. */
export interface RestRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With `{name}` for parameters; `{channel_id}` goes to the proof. */
  readonly path: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}
