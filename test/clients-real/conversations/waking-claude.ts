/** Claude Code, woken by what the program brings: its hook, its plugin, its `wait`. */
import { join as joinPath } from 'node:path';
import { ROOT } from '../../harness/built.ts';
import { type Client, claudeCode } from '../clients.ts';
import type { FakeModel } from '../model.ts';
import { promptOf, type Step } from '../script.ts';
import { type Conversation, expect } from '../stage.ts';
import { Terminal } from '../terminal.ts';
import { named, ofClient } from '../wake-test.ts';
import { edit, MESSAGE, POINTER, program, standsBy, steps, waking } from './waking.ts';

/** A whole prompt in the input box of Claude Code, which has a line above it. */
const TYPED = /─\n❯\s(?:\[Pasted text|You are[\s\S]*:END\s*\n─)/;

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
