/**
 * Measures the hub beside the reference and writes docs/benchmarks.md and the figures of docs/scaling.md.
 *
 *   node --import tsx bench/run.ts [scenario…] [--quick] [--profile DIR]
 *
 * A full run of all scenarios rewrites both; anything less is printed only. Linux, because CPU time and memory
 * come from /proc and cores are shared out with taskset.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { machineLine, pinGenerator } from './machine.ts';
import { warm } from './pairs.ts';
import { document, markdownSection, type Section, type Setting } from './report.ts';
import { withFigures } from './scaling.ts';
import { broadcast } from './scenarios/broadcast.ts';
import { fleet } from './scenarios/fleet.ts';
import { growth } from './scenarios/growth.ts';
import { latency } from './scenarios/latency.ts';
import { mcp } from './scenarios/mcp.ts';
import { messages } from './scenarios/messages.ts';
import { parked } from './scenarios/parked.ts';
import { startup } from './scenarios/startup.ts';
import { cleanUp, startHub, startRaw } from './servers.ts';
import { hubTarget, rawTarget } from './target.ts';

const scenarios: Record<string, (setting: Setting) => Promise<Section>> = {
  messages,
  mcp,
  latency,
  broadcast,
  parked,
  growth,
  fleet,
  startup,
};

const page = new URL('../docs/benchmarks.md', import.meta.url);
const scaling = new URL('../docs/scaling.md', import.meta.url);

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, profile: { type: 'string' } },
  });
  const unknown = positionals.find((name) => !(name in scenarios));
  if (unknown !== undefined) throw new Error(`no scenario ${unknown}; there are ${Object.keys(scenarios).join(', ')}`);
  if (process.platform !== 'linux') throw new Error('the bench needs Linux: it reads /proc and uses taskset');

  // What is measured is what is here, not what was built last.
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: new URL('..', import.meta.url), stdio: ['ignore', 'ignore', 'inherit'] });
  pinGenerator();
  if (values.profile !== undefined) mkdirSync(values.profile, { recursive: true });
  const chosen = positionals.length > 0 ? positionals : Object.keys(scenarios);
  const sections: Section[] = [];
  const warmth = values.quick ? 3_000 : 30_000;
  let pair: ReturnType<Setting['servers']> | undefined;
  const servers = () => {
    pair ??= startPair(warmth, values.profile);
    return pair;
  };
  const began = performance.now();
  for (const name of chosen) {
    const say = (line: string) => console.error(`${name}: ${line}`);
    const start = performance.now();
    const section = await scenarios[name]?.({ quick: values.quick, servers, warmth, profileDir: values.profile, say });
    if (!section) continue;
    sections.push(section);
    say(`done in ${Math.round((performance.now() - start) / 1000)} s`);
    console.log(`\n${markdownSection(section)}\n`);
  }
  console.error(`${Math.round((performance.now() - began) / 1000)} s in all`);
  if (values.quick || values.profile !== undefined || positionals.length > 0) return;
  const text = document(machineLine(), sections);
  writeFileSync(page, text);
  writeFileSync(scaling, withFigures(readFileSync(scaling, 'utf8'), text));
  console.error('docs/benchmarks.md and the figures of docs/scaling.md are written');
}

async function startPair(warmth: number, profileDir: string | undefined) {
  const raw = await startRaw({ profileDir });
  const hub = await startHub({ profileDir });
  console.error('warming up');
  await warm(rawTarget(raw), warmth);
  await warm(hubTarget(hub), warmth);
  return { raw, hub };
}

// An interrupted run ends its servers too: exit handlers do not run on a bare signal.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

try {
  await main();
} finally {
  await cleanUp();
}
