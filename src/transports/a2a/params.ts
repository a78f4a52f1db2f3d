/** What the methods take. Unknown fields are ignored, an empty text counts as none (specification 1.0: 5.7, ProtoJSON). */
import { z } from 'zod';
import type { RpcError } from '../jsonrpc.ts';
import { failure, invalidParams } from './protocol.ts';

const optionalText = z
  .string()
  .transform((text) => (text === '' ? undefined : text))
  .optional();
const historyLength = z.int().min(0).optional();

/** ProtoJSON: null is the same as absent. */
const withoutNulls = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null))
    : value;

const fields = <S extends z.ZodRawShape>(shape: S) => z.preprocess(withoutNulls, z.object(shape));

/** What a caller says about itself and whom it means; names and secrets are checked by the operations they go to. */
const metadata = fields({
  channel_id: optionalText,
  from: optionalText,
  to: optionalText,
  identity_key: optionalText,
  owner_password: optionalText,
});

const part = fields({
  text: z.string().optional(),
  data: z.unknown().optional(),
  raw: z.unknown().optional(),
  url: z.unknown().optional(),
  mediaType: optionalText,
});
type Part = z.output<typeof part>;

/** Where any method may name its channel, when the address does not. */
export const anywhere = fields({ tenant: optionalText.catch(undefined), metadata: metadata.optional().catch(undefined) });

export const sendParams = fields({
  message: fields({
    messageId: z.string().min(1).max(1000),
    contextId: optionalText,
    taskId: optionalText,
    role: z.literal('ROLE_USER'),
    parts: z.array(part).min(1),
    metadata: metadata.optional(),
  }),
  configuration: fields({
    returnImmediately: z.boolean().optional(),
    historyLength,
    taskPushNotificationConfig: z.unknown().optional(),
  }).optional(),
  metadata: metadata.optional(),
});

export const getParams = fields({ id: z.string().min(1), historyLength });
export const cancelParams = fields({ id: z.string().min(1), metadata: metadata.optional() });

/** 4.1.3; a task of this hub is in five of them. */
const STATES = [
  'TASK_STATE_UNSPECIFIED',
  'TASK_STATE_SUBMITTED',
  'TASK_STATE_WORKING',
  'TASK_STATE_COMPLETED',
  'TASK_STATE_FAILED',
  'TASK_STATE_CANCELED',
  'TASK_STATE_INPUT_REQUIRED',
  'TASK_STATE_REJECTED',
  'TASK_STATE_AUTH_REQUIRED',
] as const;

export const listParams = fields({
  contextId: optionalText,
  status: z
    .enum(STATES)
    .or(z.literal('').transform(() => undefined))
    .optional(),
  pageSize: z.int().min(1).max(100).default(50),
  pageToken: optionalText,
  historyLength,
  statusTimestampAfter: z.iso.datetime({ offset: true }).optional(),
  includeArtifacts: z.boolean().default(false),
});

/** @throws RpcError invalidParams, which names the field and never what was in it */
export const parse = <S extends z.ZodType>(schema: S, params: unknown): z.output<S> => {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw invalidParams(path.join('.') || 'params', message);
};

const unsupported = (what: string): RpcError =>
  failure('contentTypeNotSupported', `${what} This hub carries plain text, and JSON as text; send a path or link to anything else.`);

const textOfPart = ({ text, data, raw, url, mediaType }: Part): string => {
  // One of the two would be lost without a word.
  if ([text, data, raw, url].filter((content) => content !== undefined).length > 1)
    throw invalidParams('message.parts', 'a part has more than one of text, data, raw and url');
  if (raw !== undefined || url !== undefined) throw unsupported('A part is a file.');
  if (text !== undefined) {
    if (mediaType !== undefined && !/^text\//i.test(mediaType)) throw unsupported('A text part is of another media type than text.');
    return text;
  }
  if (data === undefined) throw invalidParams('message.parts', 'a part has neither text nor data');
  try {
    return JSON.stringify(data);
  } catch {
    // The engine's stack ends before JSON does.
    throw invalidParams('message.parts', 'data is nested too deep');
  }
};

/**
 * The parts of a message as the one text that the hub carries.
 * @throws RpcError contentTypeNotSupported, invalidParams
 */
export const textOf = (parts: readonly Part[]): string => parts.map(textOfPart).join('\n');
