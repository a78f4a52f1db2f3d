/** Gemini CLI, woken by its hook, and opencode, woken by its server. */
import { join as joinPath } from 'node:path';
import { builtHub } from '../../harness/built.ts';
import { geminiCli, opencode } from '../clients.ts';
import { cleanEnvironment, run, start } from '../programs.ts';
import { promptOf } from '../script.ts';
import { type Conversation, eraOf, expect } from '../stage.ts';
import { Tap } from '../tap.ts';
import { ofClient } from '../wake-test.ts';
import { edit, program, standsBy, steps, waking } from './waking.ts';

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

export const geminiOverRestart: Conversation = waking(
  'Gemini CLI goes on over a restart of the hub',
  'gemini',
  'its turn over, and its hub restarted since; `rogerthat hook gemini` as `AfterAgent` hook, which waits',
  'over HTTP: the hub was restarted between two turns, and the session and the seat it had went on',
  async ({ stage: { cache, model }, hub, channel, who, woken }) => {
    const url = hub.taps['client']!.url;
    const client = await geminiCli({ cache, model: model.url, hub: null });
    const set = await run(process.execPath, [builtHub(), 'install', 'gemini', '--wake', '--hub', url], {
      env: cleanEnvironment(client.home),
      cwd: client.work,
    });
    expect(set.code === 0, 'an installed client', set);
    client.ask(promptOf(who, steps(channel)));
    await standsBy(model, who);
    const waits = /GET \/api\/channels\/[^/]+\/stream/;
    // One that finds no hub when it begins holds nobody up.
    await hub.taps['client']!.hears('the hook', waits, 0);
    await hub.down();
    const mark = hub.taps['client']!.mark;
    await hub.up();
    // Its hook is there again.
    await hub.taps['client']!.hears('the hook', waits, mark, 30_000);
    const wake = await woken(client, ofClient('gemini'));
    const { asked } = hub.taps['client']!;
    expect(asked.split('"method":"initialize"').length === 2, 'one initialize', asked.match(/"method":"[a-z/]+"/g));
    return { era: eraOf(hub.taps['client']!), wake };
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
