/** No wire at all: the operations, called through their gate. */
import type { z } from 'zod';
import { HubError } from '../../../src/core/errors.ts';
import { hashSecret } from '../../../src/core/ids.ts';
import { connectInfo } from '../../../src/discovery/connect.ts';
import { operations } from '../../../src/operations/index.ts';
import { type AnyOperation, type Executed, execute, type Given, type Proof, type Services } from '../../../src/operations/operation.ts';
import { cursorText } from '../../../src/operations/schemas.ts';
import { wireMessage } from '../../../src/operations/wire.ts';
import { type Call, CallError, CutError, type Named, type Setup, type StreamEvent, type Transport, type Wire } from './wire.ts';

const ORIGIN = 'http://hub.test:7424';

const failure = (error: HubError): CallError => {
  const { extra, headers = {}, retryAfter } = error.options;
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return new CallError(
    { title: error.title, status: error.status, detail: error.detail, code: error.code, hint: error.hint, ...extra },
    retryAfter === undefined ? lower : { ...lower, 'retry-after': String(retryAfter) },
  );
};

const operationNamed = (name: string): AnyOperation => {
  const op = operations.find((one) => one.name === name);
  if (!op) throw new Error(`there is no operation ${name}`);
  return op;
};

/** What a socket would have carried: plain JSON, nothing shared with the hub. */
const carried = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

class DirectWire implements Wire {
  readonly origin = ORIGIN;
  readonly #setup: Setup;
  readonly #services: Services;
  #requests = 0;

  constructor(setup: Setup) {
    this.#setup = setup;
    this.#services = {
      hubTokenHash: setup.token === null ? null : hashSecret(setup.token),
      adminTokenHash: setup.adminToken === null ? null : hashSecret(setup.adminToken),
      connect: connectInfo,
      record: null,
    };
  }

  async call<O extends z.ZodType>(op: Named<O>, call: Call): Promise<z.output<O>> {
    const executed = await this.#execute(op.name, call);
    if (executed.answers === 'stream') throw new Error(`${op.name} answers with a stream`);
    if (executed.answers === 'pages') {
      const events: unknown[] = [];
      await this.#refusable(async () => {
        for await (const page of executed.pages) events.push(...page);
      });
      return carried({ ...executed.head, events }) as z.output<O>;
    }
    const { value, delivery } = executed.answers === 'late' ? await this.#refusable(() => executed.given) : (executed as Given<unknown>);
    if (call.cut) {
      delivery?.unsure();
      throw new CutError();
    }
    delivery?.handed();
    return carried(value) as z.output<O>;
  }

  async *stream(call: Call): AsyncGenerator<StreamEvent, void, undefined> {
    const executed = await this.#execute('stream', call);
    if (executed.answers !== 'stream') throw new Error('stream answers with something else');
    for await (const item of executed.items) {
      if (item.type === 'roster') yield { type: 'roster', roster: item.roster };
      else if (item.type === 'end') {
        const code = item.error?.code ?? item.why;
        yield { type: 'end', code, detail: item.error?.detail ?? code, hint: item.error?.hint ?? code };
      } else {
        const { heard, gap, cursor, delivery } = item.answer;
        delivery.handed();
        if (gap) yield { type: 'gap', cursor: cursorText(cursor), gap };
        for (const [i, one] of heard.entries()) {
          const at = i === heard.length - 1 ? cursorText(cursor) : String(one.message.id);
          yield { type: 'message', cursor: at, message: wireMessage(one) };
        }
      }
    }
  }

  async close(): Promise<void> {}

  async #execute(name: string, { proofs, input, signal }: Call): Promise<Executed> {
    const proof: Proof = {
      transport: 'direct',
      address: proofs.address ?? '127.0.0.1',
      origin: ORIGIN,
      requestId: `direct-${++this.#requests}`,
      channelId: proofs.channelId,
      bearer: proofs.hubToken ?? proofs.token,
      channelToken: proofs.hubToken === undefined ? undefined : proofs.token,
      sessionId: proofs.sessionId,
    };
    const fields = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
    return this.#refusable(() => execute(this.#setup.hub, this.#services, operationNamed(name), proof, fields, signal));
  }

  async #refusable<T>(run: () => T | Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof HubError) throw failure(error);
      this.#setup.trouble({ error: String(error) });
      throw error;
    }
  }
}

export const direct: Transport = {
  name: 'direct',
  offers: ['rest', 'ack', 'admin', 'bands', 'identities', 'info', 'owner', 'receipts', 'stream', 'transcript', 'wait', 'webhooks'],
  open: async (setup) => new DirectWire(setup),
};
