/** How long it takes from the command to the first answer. */

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openRegistry } from '../registry.ts';
import { figure, type Section, type Setting, times } from '../report.ts';
import { answering, cliFile, freePort, hubFlags, launch, stopGroup, workDir } from '../servers.ts';
import { median } from '../stats.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url).href).replace(/bench\/$/, '');

/** Measures the time to the first answered request, started directly and through npx. */
export async function startup({ quick, say }: Setting): Promise<Section> {
  const rounds = quick ? 3 : 9;
  say('packing, and one run of each to warm the cache');
  const { env, tarball, close } = await published();
  const ways: { name: string; run: () => Promise<number> }[] = [
    { name: '`node -e 0` (to its end)', run: () => untilEnd(process.execPath, ['-e', '0']) },
    { name: '`node dist/cli.js` (to the first answer)', run: () => untilAnswer(process.execPath, [cliFile], {}) },
    { name: '`npx` of a package that only prints (to its first byte)', run: () => untilByte('npx', ['--yes', 'does-nothing'], env) },
    { name: '`npx ./rogerthat-*.tgz` (to the first answer)', run: () => untilAnswer('npx', ['--yes', tarball], env) },
    { name: '`npx rogerthat` (to the first answer)', run: () => untilAnswer('npx', ['--yes', 'rogerthat'], env) },
  ];
  const taken: number[][] = ways.map(() => []);
  for (const { run } of ways) await run();
  say(`${rounds} rounds`);
  for (let round = 0; round < rounds; round++) {
    for (const [at, { run }] of ways.entries()) taken[at]?.push(await run());
  }
  close();
  const [node = 0, direct = 0, floor = 0, , viaNpx = 0] = taken.map(median);
  return {
    title: 'Start-up',
    method:
      'From the start of the process to the first answered `GET /healthz`, on an empty data directory, not pinned to a core. ' +
      'The npx rows call packages by their name, out of a warm cache: npx asks a registry on this machine whether there is a newer one, ' +
      'and downloads and installs nothing. A tarball it installs anew each time.',
    table: {
      columns: ['', 'median ms', 'lowest', 'highest'],
      rows: ways.map(({ name }, at) => {
        const all = taken[at] as number[];
        return [name, figure(median(all)), figure(Math.min(...all)), figure(Math.max(...all))];
      }),
    },
    goals: [{ goal: 'from `npx rogerthat` to the first answer within 0.5 s', figure: `${figure(viaNpx / 1000)} s`, met: viaNpx <= 500 }],
    remarks: [
      `The hub itself adds ${figure(direct - node)} ms to Node's own start, and ${figure(viaNpx - floor)} ms to what npx takes ` +
        `to run anything at all (${times(viaNpx / floor)}).`,
    ],
  };
}

/** Where `npx NAME` finds the hub, and a package that does nothing. */
async function published(): Promise<{ env: NodeJS.ProcessEnv; tarball: string; close(): void }> {
  const dir = await workDir();
  const [nothing, scratch, cache] = ['nothing', 'tarballs', 'cache'].map((name) => join(dir, name)) as [string, string, string];
  for (const one of [nothing, scratch, cache]) mkdirSync(one);
  const manifest = { name: 'does-nothing', version: '1.0.0', bin: { 'does-nothing': 'cli.js' }, type: 'module' };
  writeFileSync(join(nothing, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(nothing, 'cli.js'), "#!/usr/bin/env node\nconsole.log('here');\n", { mode: 0o755 });
  const { url, close } = await openRegistry([PROJECT, nothing], join(PROJECT, 'node_modules'), scratch);
  // npx keeps what it installed in a directory of its cache: this run has its own, and leaves the user's alone.
  const env = {
    ...process.env,
    npm_config_registry: url,
    npm_config_cache: cache,
    npm_config_update_notifier: 'false',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
  };
  const tarball = readdirSync(scratch).find((name) => name.startsWith('rogerthat-'));
  if (!tarball) throw new Error('no tarball of the hub');
  return { env, tarball: `file:${join(scratch, tarball)}`, close };
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
