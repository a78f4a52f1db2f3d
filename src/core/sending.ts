/** Sending: what may be said, to whom, and what can truly be said of its delivery. */
import { isBand } from './bands.ts';
import type { Engine } from './engine.ts';
import { HubError } from './errors.ts';
import { sha256 } from './ids.ts';
import type { Limits } from './limits.ts';
import { safeText } from './text.ts';
import type { Traffic } from './traffic.ts';
import type { Kind, Message, Presence, ReceiptState, Session } from './types.ts';
import type { Waiters } from './waiters.ts';
import { sizeText } from './wording.ts';

export interface SendRequest {
  readonly to: string;
  readonly text: string;
  readonly kind: Kind;
  readonly replyTo: number | null;
  readonly idempotencyKey: string | null;
}

export interface Sent {
  readonly message: Message;
  readonly recipients: readonly { readonly callsign: string; readonly state: ReceiptState; readonly presence: Presence }[];
  readonly recipientCount: number;
  readonly duplicate: boolean;
  readonly sanitized: number;
}

/** What sending needs of the hub. */
interface Desk {
  readonly engine: Engine;
  readonly limits: Limits;
  readonly waiters: Waiters;
  readonly traffic: Traffic;
}

/** The text as it will be stored. @throws HubError invalid_message, message_too_large */
const checkText = (desk: Desk, request: SendRequest, band: boolean): { text: string; sanitized: number } => {
  const { text, sanitized } = safeText(request.text);
  if (text.trim() === '') throw new HubError('invalid_message', 'The message has no visible text.');
  const { sizes } = desk.limits;
  const most = request.kind === 'status' ? sizes.statusBytes : band ? sizes.bandMessageBytes : sizes.messageBytes;
  // A UTF-16 unit is at most three bytes, so most texts need no count.
  const bytes = text.length * 3 > most ? Buffer.byteLength(text) : 0;
  if (bytes > most) {
    const instead = request.kind === 'status' ? 'or send it as a message' : 'split it, or send a path or link';
    throw new HubError('message_too_large', `A ${request.kind} takes at most ${most} bytes of UTF-8; this one has ${bytes}.`, {
      hint: `Send at most ${sizeText(most)} of UTF-8, ${instead}.`,
    });
  }
  return { text, sanitized };
};

/** Who was given a message by an earlier send with the same key. */
const handedBefore = async (desk: Desk, channelId: string, id: number): Promise<ReadonlySet<string>> => {
  const found = await desk.engine.receipts(channelId, id);
  const seen = (found?.receipts ?? []).filter(({ state }) => state === 'delivered' || state === 'confirmed');
  return new Set(seen.map(({ callsign }) => callsign));
};

/** See {@link Hub.send}. */
export const sendMessage = async (desk: Desk, session: Session, request: SendRequest): Promise<Sent> => {
  const { channelId } = session;
  const band = isBand(channelId);
  if (request.to === session.callsign) throw new HubError('invalid_to', 'That is your own callsign.');
  const { text, sanitized } = checkText(desk, request, band);
  const { bandSend, send } = desk.limits.rates;
  const rate = band ? bandSend : send;
  const key = request.idempotencyKey;
  const appended = await desk.engine.append({
    channelId,
    from: session.callsign,
    to: request.to,
    text,
    kind: request.kind,
    replyTo: request.replyTo,
    sender: session.sender,
    allowance:
      rate.burst === Number.POSITIVE_INFINITY ? null : { key: `send ${session.hash}`, rate, detail: 'This session sends too fast.' },
    recalled: session.recalled ?? null,
    key: key === null ? null : { hash: sha256(key), content: sha256(JSON.stringify([request.to, request.kind, request.replyTo, text])) },
  });
  const { message, recipientCount, duplicate } = appended;
  if (!duplicate) desk.traffic.messages++;
  const told = duplicate ? handedBefore(desk, channelId, message.id) : desk.waiters.deliver(channelId, message);
  const handed = told instanceof Promise ? await told : told;
  const recipients = appended.recipients.map(({ callsign, presence }) => ({
    callsign,
    state: handed.has(callsign) ? ('delivered' as const) : ('queued' as const),
    presence,
  }));
  if (request.kind === 'status') {
    // Nobody will hear it later, so nothing is queued.
    const heard = recipients.filter(({ state }) => state === 'delivered');
    return { message, recipients: heard, recipientCount: handed.size, duplicate, sanitized };
  }
  return { message, recipients, recipientCount, duplicate, sanitized };
};
