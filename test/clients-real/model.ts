/** The fake model as a server on loopback. It plays the scripts it finds in prompts, and tells tests what it was asked. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, type Asked, DIALECTS, type Dialect, type Offer } from './dialects.ts';
import { type Next, type Reading, read } from './script.ts';
import { Waiting } from './waiting.ts';

/** One request that carried a script. */
export interface ModelRequest extends Reading {
  /** Monotonic ms, when the request had arrived. */
  readonly at: number;
  readonly dialect: string;
  readonly offers: readonly Offer[];
}

/** `mcp__rogerthat__join`, `mcp_rogerthat_join`, `rogerthat_join` and a namespace's `join` are all `join`. */
const named = (tool: string, { name, namespace }: Offer): boolean =>
  name === tool || (name.endsWith(`_${tool}`) && name.includes('rogerthat')) || `${namespace}${name}`.endsWith(`__${tool}`);

const answerTo = (next: Next, { offers }: Asked): { answer: Answer; next: Next } => {
  if ('say' in next) return { answer: { text: next.say }, next };
  const offer = offers.find((one) => named(next.call, one));
  if (offer) return { answer: { offer, args: next.args }, next };
  const say = `STUCK: no tool ${next.call} among ${offers.map(({ name, namespace = '' }) => namespace + name).join(', ')}`;
  return { answer: { text: say }, next: { say, state: 'stuck' } };
};

export class FakeModel {
  readonly requests: ModelRequest[] = [];
  /** Paths nobody knew. */
  readonly unknown: string[] = [];
  readonly #waiting = new Waiting();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
  }

  static async start(): Promise<FakeModel> {
    const model = new FakeModel();
    await new Promise<void>((resolve) => model.#server.listen(0, '127.0.0.1', resolve));
    return model;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Waits for a request of `who`; also one that came before. @throws Error when the script is stuck or time is over */
  asked(who: string, what: string, so: (request: ModelRequest) => boolean, ms?: number): Promise<ModelRequest> {
    return this.#waiting.until(
      `${who}: ${what}`,
      () => {
        const own = this.requests.filter((request) => request.who === who);
        const found = own.find(so);
        if (found) return found;
        const stuck = own.find(({ next }) => 'state' in next && next.state === 'stuck');
        if (stuck) throw new Error(`${who} is stuck: ${'say' in stuck.next ? stuck.next.say : ''}`);
        return undefined;
      },
      ms,
    );
  }

  /** Waits until the script of `who` got to its end. */
  ended(who: string, ms?: number): Promise<ModelRequest> {
    return this.asked(who, 'the end of the script', ({ next }) => 'state' in next && next.state === 'end', ms);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '';
    let text = '';
    for await (const piece of request.setEncoding('utf8')) text += piece as string;
    const at = performance.now();
    const dialect = DIALECTS.find(({ path }) => path.test(url));
    if (!dialect || request.method !== 'POST') {
      this.unknown.push(`${request.method} ${url}`);
      const found = url.includes('count_tokens') || url.includes(':countTokens');
      response.writeHead(found ? 200 : 404, { 'Content-Type': 'application/json' });
      response.end(found ? '{"input_tokens":1,"totalTokens":1}' : '{"error":{"type":"not_found_error","message":"not here"}}');
      return;
    }
    const asked = dialect.read(JSON.parse(text) as Record<string, unknown>, url);
    // Clients ask for titles and summaries on the side, with the prompt in it and without tools.
    const reading = asked.offers.length > 0 ? read(asked.items) : null;
    if (!reading) return write(response, dialect, { text: 'Radio check.' }, asked.streams);
    const { answer, next } = answerTo(reading.next, asked);
    write(response, dialect, answer, asked.streams);
    this.requests.push({ ...reading, next, at, dialect: dialect.name, offers: asked.offers });
    this.#waiting.look();
  }
}

const write = (response: ServerResponse, dialect: Dialect, answer: Answer, streams: boolean): void => {
  const events = dialect.write(answer, streams);
  if (!streams) {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(events[0]));
    return;
  }
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  for (const event of events) response.write(`${dialect.named ? `event: ${event['type']}\n` : ''}data: ${JSON.stringify(event)}\n\n`);
  response.end(dialect.last === undefined ? undefined : `data: ${dialect.last}\n\n`);
};
