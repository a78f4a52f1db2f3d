/** Agents whose turn is over, woken by what the program brings: its hooks, its bridge, its plugin, its `wait`. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { builtHub, ROOT } from '../../harness/built.ts';
import { type Client, claudeCode, codex, geminiCli, opencode, type ProductName } from '../clients.ts';
import { type Channel, Hub } from '../hub.ts';
import type { FakeModel, ModelRequest } from '../model.ts';
import { cleanEnvironment, run, start } from '../programs.ts';
import { promptOf, type Step } from '../script.ts';
import { type Conversation, eraOf, expect, join, listen, ms, type Outcome, type Stage } from '../stage.ts';
import { Tap } from '../tap.ts';
import { Terminal } from '../terminal.ts';
import { named, ofClient, type Wake, wakeTest } from '../wake-test.ts';

const POINTER = '1 new from wake-test';
const MESSAGE = 'Wake test:';

/** The program, as a command line that nothing has to be installed for. */
const program = (...words: readonly string[]): string => [process.execPath, builtHub(), ...words].join(' ');

const edit = (path: string, change: (value: Record<string, unknown>) => object): void =>
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>)));

/** Within what a new turn is to begin, in ms. */
const GOALS: Partial<Record<ProductName, number>> = { codex: 5000 };

/** A turn that a pointer began: a pointer, and none of the words. */
const byPointer =
  (who: string) =>
  ({ who: asked, received }: ModelRequest): boolean =>
    asked === who && received.includes(POINTER) && !received.includes(MESSAGE);

/** What happens after the turn is over: mail is sent, the model is asked again, reads it and listens on. */
const steps = (channel: Channel): Step[] => [
  join(channel, 'alpha'),
  { say: 'Standing by.' },
  { ...listen(MESSAGE), most: 3 },
  listen(undefined, 1),
  { say: 'Over and out.' },
];

const standsBy = (model: FakeModel, who: string): Promise<unknown> =>
  model.asked(who, 'the end of its turn', ({ next }) => 'say' in next && next.say === 'Standing by.');

/** A whole prompt in the input box of Claude Code, which has a line above it. */
const TYPED = /─\n❯\s(?:\[Pasted text|You are[\s\S]*:END\s*\n─)/;

interface Setting {
  readonly stage: Stage;
  readonly hub: Hub<string>;
  readonly channel: Channel;
  readonly who: string;
  /** Runs `rogerthat wake-test` for these words. */
  woken(client: Client, whom: readonly string[], begins?: (request: ModelRequest) => boolean): Promise<Wake>;
}

const waking = (
  title: string,
  client: ProductName,
  way: string,
  proven: string,
  play: (setting: Setting) => Promise<{ era: string; wake: Wake }>,
): Conversation => ({
  title,
  needs: [client],
  tmux: true,
  wakes: true,
  async run(stage): Promise<Outcome> {
    const hub = await Hub.start(['client']);
    const { model } = stage;
    try {
      const channel = await hub.channel();
      const who = `waking-${title.replace(/\W+/g, '-').toLowerCase()}`;
      const { era, wake } = await play({
        stage,
        hub,
        channel,
        who,
        async woken(sleeper, whom, begins = byPointer(who)) {
          const found = await wakeTest({ client: sleeper, name: client, way, goalMs: GOALS[client] }, whom, model, begins);
          await model.ended(who);
          return found;
        },
      });
      return { proofs: [{ client, era, proven, figure: `${ms(wake.turnMs)} from message to new turn` }], wakes: [wake] };
    } finally {
      await hub.close();
    }
  },
});

/** Claude Code at its prompt with a script typed in, once it has the hub's tools. */
const claudeAtPrompt = async (client: Client, model: FakeModel, script: string, args: readonly string[] = []): Promise<Terminal> => {
  const terminal = await Terminal.open(client.program, args, client.env, client.work);
  await terminal.shows(/shift\+tab to cycle/);
  for (let check = 1; check <= 20; check++) {
    const who = `${script.slice(-24, -8)}-${check}`;
    await terminal.enter(promptOf(who, [{ say: `Check ${check} over.` }]), TYPED);
    const { offers } = await model.ended(who);
    await terminal.shows(new RegExp(`Check ${check} over`));
    if (!offers.some(({ name }) => name.endsWith('rogerthat__join'))) continue;
    await terminal.enter(script, TYPED);
    return terminal;
  }
  await terminal.close();
  throw new Error('Claude Code had no tools of the hub');
};

const idle = async (terminal: Terminal): Promise<void> => {
  await terminal.shows(/Standing by\./);
  await terminal.shows(/^(?![\s\S]*esc to interrupt)/);
};

const hookOf = (client: string, more: object = {}): object => ({
  hooks: [{ type: 'command', command: program('hook', client), ...more }],
});

export const claudeByHook: Conversation = waking(
  'An idle Claude Code is woken by its asyncRewake hook',
  'claude',
  'idle at its prompt; `rogerthat hook claude-code` as `asyncRewake` hook',
  'idle at its prompt, woken by `rogerthat hook claude-code` as an `asyncRewake` hook; the prompt stayed free',
  async ({ stage: { cache, model }, hub, channel, who, woken }) => {
    const client = await claudeCode({ cache, model: model.url, hub: hub.taps['client']!.url });
    const settings = joinPath(client.home, '.claude/settings.json');
    edit(settings, (value) => ({
      ...value,
      env: { ROGERTHAT_HUB: hub.taps['client']!.url },
      hooks: {
        PostToolUse: [{ matcher: 'mcp__rogerthat__join', ...hookOf('claude-code') }],
        Stop: [hookOf('claude-code', { asyncRewake: true, timeout: 86_400 })],
      },
    }));
    const terminal = await claudeAtPrompt(client, model, promptOf(who, steps(channel)));
    try {
      await standsBy(model, who);
      await idle(terminal);
      return { era: 'any', wake: await woken(client, ofClient('claude-code')) };
    } finally {
      await terminal.close();
    }
  },
);

export const claudeByPlugin: Conversation = waking(
  'A Claude Code with the plugin goes on when mail waits at the end of its turn',
  'claude',
  'in a turn that ends; the plugin with its `mcp_tool` Stop hook',
  'with `plugin/`: mail that comes during a turn begins the next at its end, by the `mcp_tool` Stop hook',
  async ({ stage: { cache, model }, hub, channel, who, woken }) => {
    const client = await claudeCode({ cache, model: model.url, hub: null });
    edit(joinPath(client.home, '.claude/settings.json'), (value) => ({
      ...value,
      permissions: { allow: ['mcp__plugin_rogerthat_rogerthat'] },
      env: { ROGERTHAT_HUB: hub.taps['client']!.url },
    }));
    const valid = await client.run(['plugin', 'validate', '--strict', joinPath(ROOT, 'plugin')]);
    expect(valid.code === 0, 'a valid plugin', valid);
    const env = { ...client.env, ROGERTHAT_HUB: hub.taps['client']!.url };
    const terminal = await Terminal.open(client.program, ['--plugin-dir', joinPath(ROOT, 'plugin')], env, client.work);
    try {
      await terminal.shows(/shift\+tab to cycle/);
      for (let check = 1, ready = false; !ready && check <= 20; check++) {
        await terminal.enter(promptOf(`${who}-${check}`, [{ say: `Check ${check} over.` }]), TYPED);
        const { offers } = await model.ended(`${who}-${check}`);
        await terminal.shows(new RegExp(`Check ${check} over`));
        ready = offers.some(({ name }) => name.endsWith('rogerthat__join'));
      }
      // The turn goes on until the mail is there, so that it waits when the turn ends.
      const [first, ...rest] = steps(channel);
      const history = 'mcp__plugin_rogerthat_rogerthat__history';
      const busy: Step[] = [
        { tool: 'ToolSearch', args: { query: `select:${history}` }, most: 1 },
        { tool: 'history', args: { session_id: '«session_id: (\\S+)»' }, until: MESSAGE, most: 1000 },
      ];
      await terminal.enter(promptOf(who, [first as Step, ...busy, ...rest]), TYPED);
      await model.asked(who, 'its busy turn', ({ next }) => 'call' in next && next.call === 'history');
      const wake = await woken(client, named(channel, hub.url), (request) => request.who === who && request.received.includes(POINTER));
      return { era: '2026-07-28 (sessionless)', wake };
    } finally {
      await terminal.close();
    }
  },
);

export const claudeByWait: Conversation = waking(
  'An idle Claude Code is woken by a wait in the background',
  'claude',
  'idle at its prompt; `rogerthat wait` in its background shell',
  'idle at its prompt, woken by `rogerthat wait` that ended in its background shell',
  async ({ stage: { cache, model }, hub, channel, who, woken }) => {
    const client = await claudeCode({ cache, model: model.url, hub: hub.taps['client']!.url });
    edit(joinPath(client.home, '.claude/settings.json'), (value) => ({ ...value, permissions: { allow: ['mcp__rogerthat', 'Bash'] } }));
    const url = hub.taps['client']!.url;
    const joining = program('join', channel.id, 'alpha', '--token', channel.token, '--hub', url);
    const waiting: Step = {
      tool: 'Bash',
      args: { command: program('wait'), description: 'Wait for mail', run_in_background: true },
      until: 'background',
      most: 1,
    };
    const script: Step[] = [
      { tool: 'Bash', args: { command: joining, description: 'Join' }, until: 'Joined', most: 1 },
      waiting,
      { say: 'Standing by.' },
      waiting,
      { say: 'Over and out.' },
    ];
    // Its auto mode would ask a server that is not there about every command.
    const terminal = await claudeAtPrompt(client, model, promptOf(who, script), ['--permission-mode', 'acceptEdits']);
    try {
      await standsBy(model, who);
      await idle(terminal);
      return { era: 'any', wake: await woken(client, ofClient('claude-code'), (request) => request.who === who) };
    } finally {
      await terminal.close();
    }
  },
);

export const codexByBridge: Conversation = waking(
  'An idle Codex is woken through the bridge',
  'codex',
  'idle in its terminal; `rogerthat mcp` rings by `codex queue`',
  'idle in its terminal, woken by `codex queue` from `rogerthat mcp`',
  async ({ stage: { cache, model }, hub, channel, who, woken }) => {
    const client = await codex({ cache, model: model.url, hub: null });
    appendFileSync(
      joinPath(client.home, '.codex/config.toml'),
      `[projects."${client.work}"]
trust_level = "trusted"
[mcp_servers.rogerthat]
command = ${JSON.stringify(process.execPath)}
args = ${JSON.stringify([builtHub(), 'mcp', '--hub', hub.taps['client']!.url, '--codex', client.program])}
`,
    );
    const terminal = await Terminal.open(client.program, [promptOf(who, steps(channel))], client.env, client.work);
    try {
      await standsBy(model, who);
      await terminal.shows(/Standing by\./);
      return { era: '2025-06-18 over stdio', wake: await woken(client, ofClient('codex')) };
    } finally {
      await terminal.close();
    }
  },
);

export const codexByHook: Conversation = waking(
  'Codex goes on by its Stop hook',
  'codex',
  'its turn over in its terminal; `rogerthat hook codex` as Stop hook, which waits',
  'set up by `rogerthat install codex --wake`; its turn was over, and the Stop hook waited and began another',
  async ({ stage: { cache, model }, hub, channel, who, woken }) => {
    const client = await codex({ cache, model: model.url, hub: null });
    appendFileSync(joinPath(client.home, '.codex/config.toml'), `[projects."${client.work}"]\ntrust_level = "trusted"\n`);
    const url = hub.taps['client']!.url;
    const set = await run(process.execPath, [builtHub(), 'install', 'codex', '--wake', '--hub', url], {
      env: cleanEnvironment(client.home),
      cwd: client.work,
    });
    expect(set.code === 0, 'an installed client', set);
    // A person trusts the hooks once, in /hooks.
    const trusted = ['--dangerously-bypass-hook-trust', promptOf(who, steps(channel))];
    const terminal = await Terminal.open(client.program, trusted, client.env, client.work);
    try {
      await standsBy(model, who);
      await terminal.shows(/Standing by\./);
      return { era: eraOf(hub.taps['client']!), wake: await woken(client, ofClient('codex')) };
    } finally {
      await terminal.close();
    }
  },
);

export const geminiByHook: Conversation = waking(
  'Gemini CLI goes on by its AfterAgent hook',
  'gemini',
  'its turn over; `rogerthat hook gemini` as `AfterAgent` hook, which waits',
  'its turn was over; `rogerthat hook gemini` as an `AfterAgent` hook waited and began another',
  async ({ stage: { cache, model }, hub, channel, who, woken }) => {
    const client = await geminiCli({ cache, model: model.url, hub: null });
    const url = hub.taps['client']!.url;
    edit(joinPath(client.home, '.gemini/settings.json'), (value) => ({
      ...value,
      mcpServers: { rogerthat: { command: process.execPath, args: [builtHub(), 'mcp', '--hub', url, '--ring', 'none'], trust: true } },
      hooks: { AfterAgent: [{ hooks: [{ name: 'rogerthat', type: 'command', command: program('hook', 'gemini'), timeout: 300_000 }] }] },
    }));
    client.ask(promptOf(who, steps(channel)));
    await standsBy(model, who);
    return { era: '2025-06-18 over stdio', wake: await woken(client, ofClient('gemini')) };
  },
);

export const opencodeByBridge: Conversation = waking(
  'An idle opencode is woken by its server',
  'opencode',
  'idle in `opencode serve`; `rogerthat mcp` rings by `prompt_async`',
  'idle in `opencode serve`, woken by `prompt_async` from `rogerthat mcp --opencode`',
  async ({ stage: { cache, model }, hub, channel, who, woken }) => {
    const client = await opencode({ cache, model: model.url, hub: null });
    // The bridge is told an address before the server has one.
    const tap = await Tap.open();
    try {
      const bridge = [process.execPath, builtHub(), 'mcp', '--hub', hub.taps['client']!.url, '--opencode', tap.url, '--ring', 'opencode'];
      edit(joinPath(client.home, '.config/opencode/opencode.json'), (value) => ({
        ...value,
        mcp: { rogerthat: { type: 'local', command: bridge, enabled: true } },
      }));
      const server = start(client.program, ['serve', '--port', '0'], { env: client.env, cwd: client.work, atMost: 180_000 });
      const [, port] = await server.says(/listening on http:\/\/127\.0\.0\.1:(\d+)/);
      const address = `http://127.0.0.1:${port}`;
      await tap.aim(Number(port));
      const ask = (path: string, body?: object): Promise<Response> =>
        fetch(address + path, {
          method: body ? 'POST' : 'GET',
          headers: { 'Content-Type': 'application/json' },
          body: body ? JSON.stringify(body) : null,
        });
      const { id } = (await (await ask('/session', {})).json()) as { id: string };
      await ask(`/session/${id}/prompt_async`, { parts: [{ type: 'text', text: promptOf(who, steps(channel)) }] });
      await standsBy(model, who);
      // It names the sessions that are busy; of an idle one it says nothing.
      for (let busy = true; busy; ) busy = id in ((await (await ask('/session/status')).json()) as object);
      const wake = await woken(client, ofClient('opencode'));
      expect(tap.asked.includes(`POST /session/${id}/prompt_async`), 'a ring in that session', tap.asked);
      await server.end('SIGTERM');
      return { era: '2025-11-25 over stdio', wake };
    } finally {
      tap.close();
    }
  },
);
