/** Answers that go on: server-sent events, lines of JSON, a wait with a heartbeat, a list in pieces. */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../core/clock.ts';
import { HubError } from '../core/errors.ts';
import { TIMES } from '../core/limits.ts';
import type { Answer, StreamItem } from '../core/listening.ts';
import type { RosterEntry } from '../core/types.ts';
import type { Executed } from '../operations/operation.ts';
import { cursorText } from '../operations/schemas.ts';
import { encodeJson, wireMessage } from '../operations/wire.ts';
import { endWith, writePiece } from './answer.ts';
import { every } from './every.ts';
import { whenOver } from './gone.ts';
import { API_HEADERS } from './heads.ts';

type Streamed = Extract<Executed, { answers: 'stream' }>;
type Late = Extract<Executed, { answers: 'late' }>;
type Pages = Extract<Executed, { answers: 'pages' }>;

/** One event in the form a client asked for. */
interface Encoder {
  readonly type: string;
  readonly hello: string;
  readonly heartbeat: string;
  event(type: string, cursor: string | null, data: object): string;
  /** Rosters in this form: all who watch a channel are shown the same one, out of the same memory. */
  readonly rosters: WeakMap<object, Buffer>;
}

const SSE: Encoder = {
  type: 'text/event-stream',
  hello: 'retry: 1000\n\n',
  heartbeat: ':\n\n',
  event: (type, cursor, data) => `${cursor === null ? '' : `id: ${cursor}\n`}event: ${type}\ndata: ${encodeJson(data)}\n\n`,
  rosters: new WeakMap(),
};

const NDJSON: Encoder = {
  type: 'application/x-ndjson',
  hello: '',
  heartbeat: '\n',
  event: (type, cursor, data) => `${encodeJson({ type, ...(cursor === null ? {} : { cursor }), ...data })}\n`,
  rosters: new WeakMap(),
};

/** Whether lines are asked for by name. `application/json` is none of their names: many clients send it with every request. */
const wantsLines = (accept: string | undefined): boolean => /ndjson|jsonl/i.test(accept ?? '');

const begin = (response: ServerResponse, type: string): void => {
  response.writeHead(200, { 'Content-Type': type, ...API_HEADERS, 'X-Accel-Buffering': 'no' });
  response.flushHeaders();
};

/** Writes `text` every so often until the answer is over. One that has ended may still wait for its client to read. */
const heartbeat = (response: ServerResponse, clock: Clock, text: string): void => {
  const beat = (): void => {
    if (!response.writableEnded) response.write(text);
  };
  whenOver(response, every(clock, TIMES.heartbeatMs, beat));
};

const batch = (encoder: Encoder, answer: Answer): string => {
  const end = cursorText(answer.cursor);
  // Positions inside a batch are named by their id alone: which run issued it is known of the end only.
  // A status may lie beyond the end; its id is no place, since messages before it may still come.
  const last = answer.heard.length - 1;
  const place = (id: number, i: number): string => (i === last || id > answer.cursor.id ? end : String(id));
  const gap = answer.gap ? encoder.event('gap', answer.heard.length === 0 ? end : null, answer.gap) : '';
  return gap + answer.heard.map((heard, i) => encoder.event('message', place(heard.message.id, i), wireMessage(heard))).join('');
};

const rosterEvent = (encoder: Encoder, roster: readonly RosterEntry[]): Buffer => {
  const known = encoder.rosters.get(roster);
  if (known !== undefined) return known;
  const event = Buffer.from(encoder.event('roster', null, { roster }));
  encoder.rosters.set(roster, event);
  return event;
};

const LAST_WORDS = {
  superseded: { detail: 'A newer listener of this session took its place.', hint: 'Keep one stream or listen a session.' },
  shutdown: { detail: 'The hub is going down.', hint: 'Connect again in a few seconds with your last cursor as since.' },
};

const lastWord = (encoder: Encoder, item: Extract<StreamItem, { type: 'end' }>): string => {
  if (item.error) return encoder.event('end', null, { code: item.error.code, detail: item.error.detail, hint: item.error.hint });
  const why = item.why === 'superseded' ? 'superseded' : 'shutdown';
  return encoder.event('end', null, { code: why, ...LAST_WORDS[why] });
};

/** Writes events for as long as the client stays. */
export const writeStream = async (
  response: ServerResponse,
  clock: Clock,
  executed: Streamed,
  accept: string | undefined,
): Promise<void> => {
  const encoder = wantsLines(accept) ? NDJSON : SSE;
  begin(response, encoder.type);
  if (encoder.hello) response.write(encoder.hello);
  heartbeat(response, clock, encoder.heartbeat);
  for await (const item of executed.items) {
    if (item.type === 'messages') {
      if (!(await writePiece(response, batch(encoder, item.answer), item.answer.delivery))) break;
    } else if (item.type === 'roster') {
      if (!(await writePiece(response, rosterEvent(encoder, item.roster)))) break;
    } else {
      endWith(response, lastWord(encoder, item));
      return;
    }
  }
  response.end();
};

/** A space now and then until the answer is there: leading white space is nothing to a JSON parser. */
export const writeLate = async (
  response: ServerResponse,
  clock: Clock,
  executed: Late,
  encode: (value: unknown) => string,
  problemOf: (error: HubError) => object,
): Promise<void> => {
  begin(response, 'application/json');
  response.write(' ');
  heartbeat(response, clock, ' ');
  try {
    const { value, delivery } = await executed.given;
    endWith(response, `${encode(value)}\n`, delivery);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    // The status has gone out; the body says what happened.
    endWith(response, `${encodeJson(problemOf(error))}\n`);
  }
};

/** Writes a list of any length without ever holding it: one JSON document, or a line an item. */
export const writePages = async (response: ServerResponse, executed: Pages, accept: string | undefined): Promise<void> => {
  const lines = wantsLines(accept);
  const { pages } = executed;
  // A list that cannot be read at all is refused with a status of its own.
  let page = await pages.next();
  begin(response, lines ? NDJSON.type : 'application/json');
  if (!lines) response.write(`${encodeJson(executed.head).slice(0, -1)},"events":[`);
  let first = true;
  for (; !page.done; page = await pages.next()) {
    const items = page.value.map((item) => encodeJson(item));
    const text = lines ? `${items.join('\n')}\n` : (first ? '' : ',') + items.join(',');
    first = false;
    if (!(await writePiece(response, text))) return;
  }
  response.end(lines ? '' : ']}\n');
};
