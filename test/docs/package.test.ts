/** The program as people get it: packed, run by npx in an empty folder under both its names, and by script/server. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VERSION } from '../../src/version.ts';
import { eventually } from '../harness/eventually.ts';
import { start, temporaryDirectory } from '../harness/process.ts';
import { bootstrappedClone, cloneOfProject } from '../harness/project.ts';
import { call, createChannel, expectCall, joinChannel, memberCall } from '../harness/rest.ts';
import { runScript } from '../harness/shell.ts';

const PACK_MS = 120_000;

const npm = (args: readonly string[], cwd: string): string => execFileSync('npm', [...args, '--loglevel=error'], { cwd, encoding: 'utf8' });

/** What npx has unpacked for somebody, of all that it keeps. */
const npxFolders = (): Set<string> => {
  const folder = join(npm(['config', 'get', 'cache'], temporaryDirectory()).trim(), '_npx');
  return new Set(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []);
};

/** Whose package.json names a tarball in one of our directories. */
const isOurs = (folder: string): boolean => {
  const path = join(folder, 'package.json');
  return existsSync(path) && readFileSync(path, 'utf8').includes('rogerthat-test-');
};

const pidIn = (directory: string): number => Number(readFileSync(join(directory, 'hub.pid'), 'utf8'));

describe('the package', () => {
  let tarball: string;
  let files: string[];
  let before: Set<string>;
  beforeAll(() => {
    before = npxFolders();
    const clone = cloneOfProject();
    const [packed] = JSON.parse(npm(['pack', '--json'], clone));
    tarball = join(clone, packed.filename);
    files = packed.files.map(({ path }: { path: string }) => path);
  }, PACK_MS);
  afterAll(() => {
    // Each is as large as the database driver.
    for (const folder of npxFolders()) if (!before.has(folder) && isOurs(folder)) rmSync(folder, { recursive: true });
  });

  test('has what it needs and nothing else', () => {
    expect(tarball).toContain(`rogerthat-${VERSION}.tgz`);
    expect(files).toEqual(
      expect.arrayContaining([
        'package.json',
        'README.md',
        'LICENSE',
        'CHANGELOG.md',
        'dist/cli.js',
        'dist/index.js',
        'dist/site/landing.html',
      ]),
    );
    expect(
      files.filter(
        (name) =>
          !/^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/[\w.-]+\.(?:js|d\.ts)|dist\/site\/(?:\w+\.html|assets\/[\w-]+\.(?:js|css)(?:\.(?:br|gz))?))$/.test(
            name,
          ),
      ),
    ).toEqual([]);
  });

  test('npx starts a hub in an empty folder, leaves nothing there, and stops with it', { timeout: PACK_MS }, async () => {
    const cwd = temporaryDirectory();
    const file = basename(tarball);
    copyFileSync(tarball, join(cwd, file));
    const directory = join(temporaryDirectory(), 'data');
    const args = ['--yes', '--prefer-offline', `./${file}`, '--port', '0', '--data-dir', directory, '--limits', 'off'];
    const npx = start('npx', args, { cwd });
    const [, url = ''] = await npx.says(/on the air: (http:\S+)/);
    const channel = await createChannel(url);
    const [alpha, bravo] = [await joinChannel(url, channel, 'alpha'), await joinChannel(url, channel, 'bravo')];
    await expectCall(url, memberCall(alpha, { path: 'send', body: { to: 'bravo', message: 'Hello from a package.' } }));
    const { messages } = await expectCall(url, memberCall(bravo, { path: 'listen' }));
    expect(messages).toMatchObject([{ text: 'Hello from a package.' }]);
    // What a terminal does to both, done to the hub alone.
    process.kill(pidIn(directory), 'SIGTERM');
    expect(await npx.ended).toEqual({ code: 0, signal: null });
    expect(readdirSync(cwd)).toEqual([file]);
  });

  test.each(['rogerthat', 'rogerrat'])('R-RUN-9: %s is the program', { timeout: PACK_MS }, async (name) => {
    const args = ['--yes', '--prefer-offline', `--package=${tarball}`, '--', name, '--version'];
    const npx = start('npx', args, { cwd: temporaryDirectory() });
    expect([await npx.ended, npx.stdout()]).toEqual([{ code: 0, signal: null }, `${VERSION}\n`]);
  });
});

describe('script/server', () => {
  test('passes its arguments on, and prints the address and two lines that work', async () => {
    const clone = bootstrappedClone();
    const directory = join(temporaryDirectory(), 'data');
    const server = start('bash', [join(clone, 'script/server'), '--port', '0', '--data-dir', directory], { cwd: temporaryDirectory() });
    const [, url = ''] = await server.says(/^RogerThat is on the air: (http:\/\/127\.0\.0\.1:[0-9]+)$/m);
    await server.says(/Create a channel: .*\n/);
    expect(server.stdout()).toContain(`claude mcp add --transport http rogerthat ${url}/mcp\n`);
    const [, create = ''] = /^Create a channel: (curl .*)$/m.exec(server.stdout()) ?? [];
    const made = JSON.parse(await runScript(create, { cwd: temporaryDirectory() }));
    expect(made).toMatchObject({ channel_id: expect.any(String), join_token: expect.stringMatching(/^rt_join_/) });
    // The script has become the hub: its pid is the one that a signal goes to.
    expect(pidIn(directory)).toBe(server.pid);
    expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(server.stdout()).not.toContain(made.join_token);
  });

  test('R-RUN-8: a wrong argument ends it with the hub’s own code and sentence', async () => {
    const server = start('bash', [join(bootstrappedClone(), 'script/server'), '--port', 'x']);
    expect(await server.ended).toEqual({ code: 2, signal: null });
    expect(server.stderr()).toContain('--port');
  });

  test('a port in use is said in a sentence', async () => {
    const directory = (): string => join(temporaryDirectory(), 'data');
    const script = join(bootstrappedClone(), 'script/server');
    const first = start('bash', [script, '--port', '0', '--data-dir', directory()]);
    const [, port = ''] = await first.says(/127\.0\.0\.1:([0-9]+)/);
    const second = start('bash', [script, '--port', port, '--data-dir', directory()]);
    expect((await second.ended).code).toBe(1);
    expect(second.stderr()).toMatch(/port is in use.*--port/);
    await eventually(
      'the first to be undisturbed',
      async () => (await call(`http://127.0.0.1:${port}`, { path: '/readyz' })).status === 200,
    );
  });
});
