/** How long it takes from the command to the first answer. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { figure, type Section, type Setting, times } from '../report.ts';
import { answering, cliFile, freePort, hubFlags, launch, stopGroup, workDir } from '../servers.ts';
import { median } from '../stats.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url).href).replace(/bench\/$/, '');

/** Measures the time to the first answered request, started directly and through npx. */
export async function startup({ quick, say }: Setting): Promise<Section> {
  const rounds = quick ? 3 : 9;
  say('packing, and one run of each to warm the cache');
  const npx = await packed();
  const ways: { name: string; run: () => Promise<number> }[] = [
    { name: '`node -e 0` (to its end)', run: () => untilEnd(process.execPath, ['-e', '0']) },
    { name: '`node dist/cli.js` (to the first answer)', run: () => untilAnswer(process.execPath, [cliFile], {}) },
    { name: '`npx` of a package that only prints (to its first byte)', run: () => untilByte('npx', npx.nothing, npx.env) },
    { name: '`npx rogerthat` (to the first answer)', run: () => untilAnswer('npx', npx.hub, npx.env) },
  ];
  const taken: number[][] = ways.map(() => []);
  for (const { run } of ways) await run();
  say(`${rounds} rounds`);
  for (let round = 0; round < rounds; round++) {
    for (const [at, { run }] of ways.entries()) taken[at]?.push(await run());
  }
  const [node = 0, direct = 0, floor = 0, viaNpx = 0] = taken.map(median);
  return {
    title: 'Start-up',
    method:
      'From the start of the process to the first answered `GET /healthz`, on an empty data directory, not pinned to a core. ' +
      'The npx rows run a tarball made by `npm pack` out of a warm cache, so nothing is downloaded or installed in them.',
    table: {
      columns: ['', 'median ms', 'lowest', 'highest'],
      rows: ways.map(({ name }, at) => {
        const all = taken[at] as number[];
        return [name, figure(median(all)), figure(Math.min(...all)), figure(Math.max(...all))];
      }),
    },
    goals: [],
    remarks: [
      `The hub itself adds ${figure(direct - node)} ms to Node's own start, and ${figure(viaNpx - floor)} ms to what npx takes ` +
        `to run anything at all (${times(viaNpx / floor)}).`,
    ],
  };
}

interface Packed {
  hub: string[];
  nothing: string[];
  env: NodeJS.ProcessEnv;
}

/** Packs the hub and a package that does nothing, as they would be published. */
async function packed(): Promise<Packed> {
  const dir = await workDir();
  const nothing = join(dir, 'nothing');
  mkdirSync(nothing);
  const manifest = { name: 'does-nothing', version: '1.0.0', bin: { 'does-nothing': 'cli.js' }, type: 'module' };
  writeFileSync(join(nothing, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(nothing, 'cli.js'), "#!/usr/bin/env node\nconsole.log('here');\n", { mode: 0o755 });

  // npx keeps what it installed in a directory of its cache. This run's own cache keeps that out of the user's, while the
  // link lets it take the dependencies from what the user's cache already holds.
  const cache = join(dir, 'cache');
  mkdirSync(cache);
  const users = execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).trim();
  symlinkSync(join(users, '_cacache'), join(cache, '_cacache'));
  const env = {
    ...process.env,
    npm_config_cache: cache,
    npm_config_prefer_offline: 'true',
    npm_config_update_notifier: 'false',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
  };
  const npx = (tarball: string, command: string) => ['--yes', '--package', `file:${tarball}`, '--', command];
  return { hub: npx(pack(PROJECT, dir), 'rogerthat'), nothing: npx(pack(nothing, dir), 'does-nothing'), env };
}

function pack(project: string, to: string): string {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', to];
  const printed = execFileSync('npm', args, { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const [made] = JSON.parse(printed) as { filename: string }[];
  if (!made) throw new Error('npm pack made nothing');
  return join(to, made.filename);
}

async function untilAnswer(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const port = await freePort();
  const flags = await hubFlags(port);
  const began = performance.now();
  const child = launch(command, [...args, ...flags], { cwd: await workDir(), env: { ...process.env, ...env } });
  try {
    await answering(child, port);
    return performance.now() - began;
  } finally {
    await stopGroup(child);
  }
}

async function untilByte(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const began = performance.now();
  const child = launch(command, args, { cwd: await workDir(), env });
  return new Promise((resolve, reject) => {
    let first: number | undefined;
    child.stdout?.once('data', () => {
      first = performance.now();
    });
    child.once('exit', () => (first === undefined ? reject(new Error('it printed nothing')) : resolve(first - began)));
  });
}

async function untilEnd(command: string, args: readonly string[]): Promise<number> {
  const began = performance.now();
  const child = launch(command, args, { cwd: await workDir() });
  return new Promise((resolve) => child.once('exit', () => resolve(performance.now() - began)));
}
