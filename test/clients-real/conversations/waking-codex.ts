/** Codex, woken by the bridge and by its Stop hook. */
import { appendFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { builtHub } from '../../harness/built.ts';
import { codex } from '../clients.ts';
import { cleanEnvironment, run } from '../programs.ts';
import { promptOf } from '../script.ts';
import { type Conversation, eraOf, expect } from '../stage.ts';
import { Terminal } from '../terminal.ts';
import { ofClient } from '../wake-test.ts';
import { standsBy, steps, waking } from './waking.ts';

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
  'set up by `rogerthat install codex --wake`, its hooks trusted when it asks; its turn was over, and the Stop hook waited and began another',
  async ({ stage: { cache, model }, hub, channel, who, woken }) => {
    const client = await codex({ cache, model: model.url, hub: null });
    appendFileSync(joinPath(client.home, '.codex/config.toml'), `[projects."${client.work}"]\ntrust_level = "trusted"\n`);
    const url = hub.taps['client']!.url;
    const set = await run(process.execPath, [builtHub(), 'install', 'codex', '--wake', '--hub', url], {
      env: cleanEnvironment(client.home),
      cwd: client.work,
    });
    expect(set.code === 0, 'an installed client', set);
    const terminal = await Terminal.open(client.program, [promptOf(who, steps(channel))], client.env, client.work);
    try {
      // It asks once, before it begins.
      await terminal.shows(/3 hooks are new or changed[\s\S]*2\. Trust all and continue/);
      await terminal.press('Down');
      await terminal.shows(/› 2\. Trust all/);
      await terminal.press('Enter');
      await standsBy(model, who);
      await terminal.shows(/Standing by\./);
      return { era: eraOf(hub.taps['client']!), wake: await woken(client, ofClient('codex')) };
    } finally {
      await terminal.close();
    }
  },
);
