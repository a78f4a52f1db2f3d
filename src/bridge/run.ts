/** Runs a bridge on a pair of streams until its client goes. */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { HubClient } from '../client/client.ts';
import { systemClock } from '../core/clock.ts';
import { MemoryNotes } from '../core/notes.ts';
import { operations } from '../operations/index.ts';
import { INSTRUCTIONS } from '../transports/mcp/instructions.ts';
import { fieldsOf, META, type RpcMessage } from '../transports/mcp/protocol.ts';
import { createSpeaker } from '../transports/mcp/speaker.ts';
import { Tasks } from '../transports/mcp/tasks.ts';
import { vouchForAll } from '../transports/mcp/vouch.ts';
import { VERSION } from '../version.ts';
import { Bridge } from './bridge.ts';
import type { KeptSeat, Memory, Outbox } from './memory.ts';
import { codexRinger, desktopRinger, firstOf, opencodeRinger, type Ringer } from './ringers.ts';
import type { Ring } from './rings.ts';
import { StdioServer } from './stdio.ts';
import { bridgeTools } from './tools.ts';

export interface RunOptions {
  readonly hub: string;
  /** Of a hub with `--token`. */
  readonly hubToken: string | undefined;
  readonly ring: Ring;
  /** The program that rings Codex. */
  readonly codex: string;
  /** Address of opencode's server; undefined: opencode is not rung. */
  readonly opencode: string | undefined;
  readonly directory: string;
  /** The agent session that started this program, where its environment tells. */
  readonly owner: string | undefined;
  readonly memory: Memory;
  readonly outbox: Outbox;
  readonly input: Readable;
  readonly output: Writable;
  readonly signal: AbortSignal;
  /** What the bridge knows of its agent, whenever that changes. */
  known(facts: { readonly client: string | undefined; readonly owner: string | undefined; readonly seats: readonly KeptSeat[] }): void;
  note(text: string): void;
}

/** Variable under which a session of Codex is remembered, as its own shell commands have it. */
const CODEX_OWNER = 'CODEX_THREAD_ID';

export const runBridge = async (options: RunOptions): Promise<void> => {
  const { ring, memory, input, output, known } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  let threadId: string | undefined;
  let client: string | undefined;
  let takesTasks = false;
  let seats: readonly KeptSeat[] = [];

  const ringer = (): Ringer | null => {
    const codex = threadId === undefined ? [] : [codexRinger(options.codex, threadId)];
    const opencode = options.opencode === undefined ? [] : [opencodeRinger(options.opencode, options.directory)];
    if (ring === 'codex') return firstOf(codex);
    if (ring === 'opencode') return firstOf(opencode);
    if (ring === 'desktop') return desktopRinger();
    // A client that takes tasks is woken by the one that listens.
    if (ring === 'none' || takesTasks) return null;
    return firstOf([...codex, ...opencode, desktopRinger()]);
  };

  const tell = (): void => known({ client, owner: bridge.owner, seats });
  const bridge = new Bridge({
    client: new HubClient(options.hub, options.hubToken),
    memory,
    outbox: options.outbox,
    signal,
    ringer,
    changed(now) {
      seats = now;
      tell();
    },
    note: options.note,
  });
  bridge.owner = options.owner;

  const seen = ({ params, meta }: RpcMessage): void => {
    const named = fieldsOf(params['clientInfo'] ?? meta['io.modelcontextprotocol/clientInfo'])['name'];
    if (typeof named === 'string' && named !== client) {
      client = named;
      tell();
    }
    if (fieldsOf(fieldsOf(meta[META.capabilities])['extensions'])['io.modelcontextprotocol/tasks'] !== undefined) takesTasks = true;
    const thread = meta['threadId'];
    if (typeof thread !== 'string' || thread === threadId) return;
    threadId = thread;
    bridge.owner = `${CODEX_OWNER}:${thread}`;
    // A thread that is resumed has the seat it had, also in another run of this program.
    server.session.held ??= memory.seatOfOwner(bridge.owner)?.sessionId ?? null;
    tell();
  };

  const server = new StdioServer({
    speaker: createSpeaker({
      tools: bridgeTools(bridge),
      tasks: new Tasks(bridge.perform, systemClock, operations, new MemoryNotes(systemClock), vouchForAll),
      instructions: INSTRUCTIONS,
      server: { name: 'rogerthat', title: 'RogerThat', version: VERSION },
    }),
    hub: options.hub,
    seen,
    write: (line) => new Promise((resolve) => output.write(line, (error) => resolve(!error))),
    onBug: (error) => options.note(error instanceof Error ? `${error.name} in the bridge` : 'a failure in the bridge'),
  });

  tell();
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  const ended = new Promise<void>((resolve) => {
    lines.once('close', resolve);
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  // What a client sent before it closed its end is still answered; listening is not waited for.
  const answers = new Set<Promise<void>>();
  lines.on('line', (line) => {
    const answer = server.take(line).finally(() => answers.delete(answer));
    answers.add(answer);
  });
  await ended;
  lines.close();
  server.end();
  await Promise.allSettled(answers);
  stop.abort();
};
