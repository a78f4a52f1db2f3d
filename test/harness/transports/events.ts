/** Reading server-sent events and lines of JSON as a careful client would. */
import type { IncomingMessage } from 'node:http';
import type { GapSaid, Heard, StreamEvent } from './wire.ts';

type Roster = Extract<StreamEvent, { type: 'roster' }>['roster'];
type End = Extract<StreamEvent, { type: 'end' }>;

const eventOf = (type: string, cursor: string | null, data: Record<string, unknown>): StreamEvent => {
  switch (type) {
    case 'message':
      return { type, cursor, message: data as unknown as Heard };
    case 'gap':
      return { type, cursor, gap: data as unknown as GapSaid };
    case 'roster':
      return { type, roster: data['roster'] as Roster };
    case 'end':
      return { type, ...(data as Omit<End, 'type'>) };
    default:
      throw new Error(`an event of an unknown type: ${type}`);
  }
};

/** Pieces of text between separators, as they come. */
async function* pieces(response: IncomingMessage, separator: string): AsyncGenerator<string, void, undefined> {
  let rest = '';
  for await (const chunk of response) {
    rest += chunk;
    for (let at = rest.indexOf(separator); at >= 0; at = rest.indexOf(separator)) {
      yield rest.slice(0, at);
      rest = rest.slice(at + separator.length);
    }
  }
  if (rest !== '') throw new Error(`the stream ended inside an event: ${rest}`);
}

export async function* sseEvents(response: IncomingMessage): AsyncGenerator<StreamEvent, void, undefined> {
  for await (const block of pieces(response, '\n\n')) {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':');
      if (colon === 0) continue;
      const name = line.slice(0, colon);
      if (fields.has(name)) throw new Error(`an event has two lines of ${name}`);
      fields.set(name, line.slice(colon + 1).replace(/^ /, ''));
    }
    const data = fields.get('data');
    if (data === undefined) continue;
    yield eventOf(fields.get('event') ?? 'message', fields.get('id') ?? null, JSON.parse(data) as Record<string, unknown>);
  }
}

export async function* ndjsonEvents(response: IncomingMessage): AsyncGenerator<StreamEvent, void, undefined> {
  for await (const line of pieces(response, '\n')) {
    if (line === '') continue;
    const { type, cursor = null, ...data } = JSON.parse(line) as Record<string, unknown>;
    yield eventOf(String(type), cursor as string | null, data);
  }
}
