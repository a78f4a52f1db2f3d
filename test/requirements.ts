/**
 * The manifest: every behaviour that the product promises, and the clauses of docs/protocol.md that promise it. Tests
 * cite the ids (`verifies('join:idempotent', …)`); test/house/requirements.test.ts fails on an id that no test cites, on
 * a clause that does not exist, and on a clause that neither a requirement nor a test file listed here proves.
 */
import { CHANNEL_LIFE } from './requirements/channel-life.ts';
import { CHANNELS } from './requirements/channels.ts';
import { GAPS } from './requirements/gaps.ts';
import { JOIN } from './requirements/join.ts';
import { LIMITS } from './requirements/limits.ts';
import { LISTEN } from './requirements/listen.ts';
import { RECEIPTS } from './requirements/receipts.ts';
import { REQUESTS } from './requirements/requests.ts';
import type { Requirement } from './requirements/requirement.ts';
import { RETENTION } from './requirements/retention.ts';
import { RUN } from './requirements/run.ts';
import { SEND } from './requirements/send.ts';
import { STREAMS } from './requirements/streams.ts';
import { TRUST } from './requirements/trust.ts';

export const REQUIREMENTS = {
  ...CHANNELS,
  ...JOIN,
  ...TRUST,
  ...SEND,
  ...RECEIPTS,
  ...LISTEN,
  ...GAPS,
  ...STREAMS,
  ...CHANNEL_LIFE,
  ...REQUESTS,
  ...LIMITS,
  ...RETENTION,
  ...RUN,
} as const satisfies Record<string, Requirement>;

export type RequirementId = keyof typeof REQUIREMENTS;
export type { Requirement };
