/** A client of `rogerthat mcp`, as clients start it: a process that is spoken to a line at a time. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../harness/command.ts';
import type { Program } from '../harness/process.ts';

export interface RpcAnswer {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: what it has is what the tests look at
  readonly result?: any;
  readonly error?: { readonly code: number; readonly message: string };
}

export interface BridgeClient {
  readonly program: Program;
  /** Everything the bridge said. */
  lines(): RpcAnswer[];
  tell(message: object): void;
  ask(method: string, params?: object): Promise<RpcAnswer>;
  /** Calls a tool; the whole text of its result. */
  call(tool: string, args: object, meta?: object): Promise<string>;
}

export const startBridge = (home: Home, args: readonly string[], env: Readonly<Record<string, string>> = {}): BridgeClient => {
  const program = home.launch(['mcp', ...args], { interactive: true, env });
  let count = 0;
  const lines = (): RpcAnswer[] =>
    program
      .stdout()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as RpcAnswer);
  const tell = (message: object): void => program.type(JSON.stringify({ jsonrpc: '2.0', ...message }));
  const ask = async (method: string, params: object = {}): Promise<RpcAnswer> => {
    const id = ++count;
    tell({ id, method, params });
    await program.says(new RegExp(`"id":${id},"(?:result|error)".*\\n`));
    const answer = lines().find((one) => one.id === id);
    if (!answer) throw new Error(`no answer ${id}`);
    return answer;
  };
  return {
    program,
    lines,
    tell,
    ask,
    async call(tool, args, meta) {
      const { result, error } = await ask('tools/call', { name: tool, arguments: args, ...(meta === undefined ? {} : { _meta: meta }) });
      if (error) throw new Error(error.message);
      return (result.content as { text: string }[]).map(({ text }) => text).join('\n');
    },
  };
};

export interface Recorder {
  /** A program that writes down how it was called, one JSON list a line. */
  readonly path: string;
  calls(): string[][];
}

/** Stands for a client's own command line. */
export const recorder = (directory: string): Recorder => {
  const path = join(directory, `recorder-${randomBytes(4).toString('hex')}`);
  const log = `${path}.log`;
  writeFileSync(
    path,
    `#!${process.execPath}\nrequire('node:fs').appendFileSync(${JSON.stringify(log)}, JSON.stringify(process.argv.slice(2)) + '\\n');\n`,
    { mode: 0o755 },
  );
  return {
    path,
    calls: () =>
      existsSync(log)
        ? readFileSync(log, 'utf8')
            .split('\n')
            .slice(0, -1)
            .map((line) => JSON.parse(line) as string[])
        : [],
  };
};
