/**
 * The one error table. A row is everything anybody needs: the status on HTTP, the sentence that names the kind
 * of failure, and the next call to make. REST problems, MCP results, docs/errors.md and the OpenAPI document are
 * made from it; what was wrong with *this* request is the `detail` of the thrown {@link HubError}.
 */
import { TIMES } from './limits.ts';
import { RETENTIONS } from './types.ts';
import { WEBHOOK_EVENTS } from './webhooks.ts';
import { eitherOf } from './wording.ts';

interface ErrorRow {
  readonly status: number;
  readonly title: string;
  readonly hint: string;
}

const row = (status: number, title: string, hint: string): ErrorRow => ({ status, title, hint });

export const ERRORS = {
  invalid_json: row(400, 'The body is not JSON.', 'Send one JSON object, for example {"callsign":"alpha"}.'),
  invalid_body: row(400, 'A field of the request is missing or wrong.', 'Correct the field that detail names and call again.'),
  unknown_field: row(400, 'The request has a field this operation does not know.', 'Remove it or use the name that detail suggests.'),
  invalid_callsign: row(
    400,
    'That is not a callsign.',
    'Use 1–32 characters a–z, 0–9, "-" and "_", beginning and ending with a letter or digit.',
  ),
  reserved_callsign: row(400, 'That callsign is reserved.', 'Choose another callsign, for example your project or role.'),
  invalid_to: row(400, 'That is not a recipient.', 'Use a callsign from the roster, or "all".'),
  invalid_message: row(400, 'The message cannot be sent.', 'Send "message" as text with at least one visible character.'),
  invalid_since: row(400, 'That is not a position.', 'Use the "cursor" of your last answer, a message id, 0 or "latest".'),
  invalid_timeout: row(400, 'That is not a time-out.', 'Use whole seconds, for example timeout=30.'),
  invalid_limit: row(400, 'That is not a limit.', 'Use a whole number within the bounds of this operation.'),
  invalid_n: row(400, 'That is not a number of messages.', 'Use a whole number within the bounds of this operation.'),
  invalid_retention: row(400, 'That is not a retention mode.', `Use ${eitherOf(RETENTIONS)}.`),
  invalid_trust: row(400, 'Those trust settings do not go together.', 'Use trust_mode "untrusted", or "trusted" (which needs identities).'),
  invalid_ttl: row(
    400,
    'That is not a session TTL.',
    `Use whole seconds from ${TIMES.sessionTtlLeastMs / 1000} to ${TIMES.sessionTtlMostMs / 1000}.`,
  ),
  invalid_url: row(
    400,
    'The hub does not post to that URL.',
    'Use an http or https URL that this hub may post to; detail says what is wrong with this one.',
  ),
  invalid_events: row(400, 'Those are not events.', `Use a list of ${eitherOf(WEBHOOK_EVENTS)}.`),
  secret_in_url: row(
    400,
    'Secrets do not belong in a URL.',
    'Send the token as "Authorization: Bearer …" and the session as "X-Session-Id".',
  ),
  bad_request: row(400, 'The request is not well formed.', 'Correct what detail names and call again.'),
  not_joined: row(
    400,
    'This session is not on the channel.',
    'POST /api/channels/{channel_id}/join first, then send the session_id it returns as the header "X-Session-Id".',
  ),
  unauthorized: row(
    401,
    'The channel is unknown or the token is wrong.',
    'Check channel_id and token with whoever gave you them; send "Authorization: Bearer TOKEN".',
  ),
  identity_required: row(
    403,
    'This channel takes only joiners with an identity.',
    'Join with "new_identity": true, or with your identity_key.',
  ),
  owner_password_wrong: row(403, 'The owner password is wrong.', 'Join without owner_password, or ask the owner for it.'),
  host_not_allowed: row(
    403,
    'This hub does not answer to that host name.',
    'Use an address that the hub printed, or start it with --origin URL (or --allow-host NAME) for the name you call it by.',
  ),
  origin_not_allowed: row(403, 'Requests from that web page are not allowed.', 'Call from a program, or from a page of this hub.'),
  kicked: row(403, 'The owner removed this session from the channel.', 'Stop; ask the owner before you join again.'),
  not_found: row(404, 'There is nothing here.', 'See /llms.txt for every path of this hub.'),
  no_transcript: row(404, 'This channel keeps no transcript.', 'Create a channel with "retention":"full" to have one.'),
  method_not_allowed: row(405, 'That method is not for this path.', 'Use a method that detail names.'),
  callsign_taken: row(
    409,
    'That callsign belongs to another identity.',
    'Join with another callsign, or with the identity_key that claimed it.',
  ),
  idempotency_conflict: row(
    409,
    'That Idempotency-Key was used for another message.',
    'Use a new key for a new message; repeat a key only with the same content.',
  ),
  loop_suspected: row(
    409,
    'This looks like a loop.',
    'Stop and sum up for your human. If there is something new to say, begin anew without reply_to; the owner of the channel can raise or reset its guards.',
  ),
  session_expired: row(
    410,
    'The session expired.',
    'POST /api/channels/{channel_id}/join again with the same callsign; your mailbox is kept.',
  ),
  rotated: row(410, 'The message has left the ring.', 'Read the transcript if the channel keeps one; "receipts" is what is still known.'),
  body_too_large: row(413, 'The body is too large.', 'Send no more bytes than detail names.'),
  message_too_large: row(
    413,
    'The message is too large.',
    'Send no more bytes of UTF-8 than detail names: split it, or send a path or link.',
  ),
  unsupported_media_type: row(415, 'That content type is not understood.', 'Send application/json in UTF-8 without a content encoding.'),
  channel_paused: row(423, 'The owner paused this channel.', 'Go on listening; send again when it is resumed.'),
  rate_limited: row(429, 'Too many calls.', 'Wait for the seconds in Retry-After, then call again.'),
  budget_spent: row(
    429,
    'The budget of messages is spent.',
    'Stop and tell your human. The hour ends in the seconds of Retry-After; the owner of the channel can raise or reset its guards.',
  ),
  internal: row(500, 'The hub failed.', 'Try again; if it stays, give the operator the request_id.'),
  hub_full: row(503, 'There is no room left.', 'Try again later, or ask the operator to raise the limit that detail names.'),
  storage_unavailable: row(503, 'The hub cannot store anything now.', 'Call again in a few seconds with the same Idempotency-Key.'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

export interface HubErrorOptions {
  /** Another next call than the table's, when this request has a better one. */
  readonly hint?: string;
  /** Seconds until the call may succeed; becomes Retry-After. */
  readonly retryAfter?: number;
  /** Members added to the problem, such as the receipts of a rotated message. */
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The only error that operations throw on purpose; everything else is a bug and becomes `internal`. */
export class HubError extends Error {
  override readonly name = 'HubError';
  readonly code: ErrorCode;
  readonly detail: string;
  readonly options: HubErrorOptions;

  /** @param detail what was wrong with this request; never a secret, never an echo of one. */
  constructor(code: ErrorCode, detail?: string, options: HubErrorOptions = {}) {
    super(`${code}: ${detail ?? ERRORS[code].title}`);
    this.code = code;
    this.detail = detail ?? ERRORS[code].title;
    this.options = options;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get title(): string {
    return ERRORS[this.code].title;
  }

  get hint(): string {
    return this.options.hint ?? ERRORS[this.code].hint;
  }
}
