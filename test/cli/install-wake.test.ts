/** What `install --wake` puts in is enough: the hooks themselves learn which seat is their session's. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { newHome } from '../harness/command.ts';
import { start, startHubProcess } from '../harness/process.ts';
import { createChannel, expectCall, joinChannel, memberCall } from '../harness/rest.ts';
import { verifies } from '../harness/verifies.ts';

interface Group {
  readonly matcher?: string;
  readonly hooks: readonly { readonly command: string }[];
}

/** What each client calls the tool, and the events at a call and at the end of a turn. */
const CLIENTS = [
  { name: 'claude-code', file: '.claude/settings.json', tool: 'mcp__rogerthat__join', called: 'PostToolUse', idle: 'Stop' },
  { name: 'codex', file: '.codex/hooks.json', tool: 'mcp__rogerthat__join', called: 'PostToolUse', idle: 'Stop' },
  { name: 'gemini', file: '.gemini/settings.json', tool: 'mcp_rogerthat_join', called: 'AfterTool', idle: 'AfterAgent' },
];

verifies.once('cli:install-wakes', async () => {
  const hub = await startHubProcess();
  for (const { name, file, tool, called, idle } of CLIENTS) {
    const channel = await createChannel(hub.url);
    const home = newHome(hub.url);
    expect(await home.run(['install', name, '--wake'])).toMatchObject({ code: 0 });
    const { hooks } = JSON.parse(readFileSync(join(home.directory, file), 'utf8')) as { hooks: Record<string, Group[]> };
    /** Runs the hooks of an event as a client does; what they said. */
    const happens = async (event: string, more: { readonly tool_name?: string } = {}): Promise<string> => {
      let said = '';
      for (const { matcher, hooks: commands } of hooks[event] ?? []) {
        if (matcher !== undefined && !new RegExp(`^(?:${matcher})$`).test(more.tool_name ?? '')) continue;
        for (const { command } of commands) {
          const program = start('sh', ['-c', `${command} --wait 0`], { env: home.env, interactive: true });
          program.type(JSON.stringify({ session_id: 's-1', hook_event_name: event, cwd: home.directory, ...more }));
          program.type(null);
          await program.ended;
          said += program.stdout() + program.stderr();
        }
      }
      return said;
    };
    const args = { channel_id: channel.id, token: channel.token, callsign: 'alpha' };
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'join', arguments: args } };
    const { result } = await expectCall(hub.url, { path: '/mcp', body });
    const call = { tool_name: tool, tool_input: args, tool_response: result.content };
    expect([name, await happens(called, call)]).toEqual([name, '']);
    const peer = await joinChannel(hub.url, channel, 'peer');
    await expectCall(hub.url, memberCall(peer, { path: 'send', body: { to: 'alpha', message: 'hello' } }));
    expect([name, await happens(idle)]).toEqual([name, expect.stringContaining(`1 new on ${channel.id}: call listen`)]);
  }
});
