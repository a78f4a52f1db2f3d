/** What the hub says on a channel, in the types of its operations. */
import type { z } from 'zod';
import type { channelInfo } from '../../../operations/channels.ts';
import type { join } from '../../../operations/members.ts';
import type { guards } from '../../../operations/owner.ts';
import type { gap, message, rosterEntry } from '../../../operations/schemas.ts';
import type { messageReceipts, send } from '../../../operations/talk.ts';

export type Message = z.output<typeof message>;
export type Gap = z.output<typeof gap>;
export type Member = z.output<typeof rosterEntry>;
export type Receipt = z.output<typeof messageReceipts.output>['receipts'][number];
export type Info = z.output<typeof channelInfo.output>;
export type Guards = z.output<typeof guards.output>;
export type Joined = z.output<typeof join.output>;
export type Sent = z.output<typeof send.output>;

/** A line of an NDJSON stream. */
export type Line =
  | ({ readonly type: 'message'; readonly cursor?: string } & Message)
  | ({ readonly type: 'gap'; readonly cursor?: string } & Gap)
  | { readonly type: 'roster'; readonly roster: readonly Member[] }
  | { readonly type: 'end'; readonly code: string; readonly detail: string; readonly hint: string };
