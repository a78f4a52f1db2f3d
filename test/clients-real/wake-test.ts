/** `rogerthat wake-test` as a person runs it beside a client: in the same home, without anything of the client's environment. */
import { builtHub } from '../harness/built.ts';
import type { Client, ProductName } from './clients.ts';
import type { Channel } from './hub.ts';
import type { FakeModel, ModelRequest } from './model.ts';
import { cleanEnvironment, start } from './programs.ts';

/** What one wake test told, beside what the model saw. */
export interface Wake {
  readonly client: ProductName;
  /** What woke it. */
  readonly way: string;
  /** The new turn is to begin within this. */
  readonly goalMs?: number | undefined;
  /** Milliseconds, as wake-test told them. */
  readonly takenMs: number;
  readonly wokeMs: number;
  readonly evidence: string;
  /** Milliseconds from when the hub had stored the message to the first request of the new turn. */
  readonly turnMs: number;
}

/** Whom to test: an agent of a client that joined from the home, or one that left no trace there. */
export const ofClient = (name: string): readonly string[] => [name];
export const named = ({ id, token }: Channel, hub: string, callsign = 'alpha'): readonly string[] => [
  ...['--hub', hub, '--channel', id, '--token', token, '--to', callsign],
];

interface Told {
  readonly outcome: string;
  readonly evidence: string | null;
  readonly sent_at: string | null;
  readonly taken_ms: number | null;
  readonly woke_ms: number | null;
}

/**
 * Runs one wake test to its end. `begins` knows the first request of the new turn.
 * @throws Error when it told of no wake, or of one before the model was asked
 */
export const wakeTest = async (
  { client, name, way, goalMs }: { readonly client: Client; readonly name: ProductName } & Pick<Wake, 'way' | 'goalMs'>,
  whom: readonly string[],
  model: FakeModel,
  begins: (request: ModelRequest) => boolean,
): Promise<Wake & { readonly turn: ModelRequest }> => {
  const known = model.requests.length;
  const words = [builtHub(), 'wake-test', ...whom, '--json', '--wait', '90'];
  const test = start(process.execPath, words, { env: cleanEnvironment(client.home), cwd: client.work, atMost: 120_000 });
  const { code, stdout, stderr } = await test.ended;
  // What it told is compared with what the model had been asked by then, and not later.
  const turn = model.requests.slice(known).find(begins);
  const [told] = stdout === '' ? [] : (JSON.parse(stdout) as { recipients: Told[] }).recipients;
  if (code !== 0 || told?.outcome !== 'woke' || told.woke_ms === null || told.taken_ms === null) {
    throw new Error(`wake-test ended with ${code}: ${stdout}${stderr}; the model ${turn ? 'had' : 'had not'} been asked`);
  }
  if (!turn) throw new Error(`wake-test told of a wake before the model was asked: ${stdout}`);
  const turnMs = performance.timeOrigin + turn.at - Date.parse(told.sent_at ?? '');
  return { client: name, way, goalMs, takenMs: told.taken_ms, wokeMs: told.woke_ms, evidence: told.evidence ?? '', turnMs, turn };
};
