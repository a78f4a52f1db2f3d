/** The program as people get it: packed, run by npx in an empty folder under both its names, and by script/server. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VERSION } from '../../src/version.ts';
import { ROOT } from '../harness/built.ts';
import { eventually } from '../harness/eventually.ts';
import { start, startHubProcess, temporaryDirectory } from '../harness/process.ts';
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

/** An empty project with the package in it, as npm puts it there, and what the package needs. Asks no registry. */
const installed = (tarball: string): string => {
  const project = temporaryDirectory();
  const modules = join(project, 'node_modules');
  mkdirSync(join(modules, 'rogerthat'), { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', join(modules, 'rogerthat')]);
  for (const name of ['libsql', '@types']) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  writeFileSync(join(project, 'package.json'), '{"type":"module"}');
  return project;
};

/** Checks the program `use.ts` as strictly as can be and compiles it beside itself; what is wrong with it. */
const compile = (project: string, text: string): string => {
  writeFileSync(join(project, 'use.ts'), text);
  const options = '--strict --exactOptionalPropertyTypes --module nodenext --target es2023 --types node --noEmitOnError'.split(' ');
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  return spawnSync(process.execPath, [tsc, ...options, 'use.ts'], { cwd: project, encoding: 'utf8' }).stdout;
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
        'dist/index.d.ts',
        'dist/site/landing.html',
        'plugin/.claude-plugin/plugin.json',
        'plugin/.mcp.json',
        'deploy/rogerthat.service',
      ]),
    );
    expect(
      files.filter(
        (name) =>
          !/^(?:package\.json|[A-Z]+\.md|LICENSE|(?:deploy|docs|examples|plugin)\/[\w./-]+|dist\/[\w.-]+\.js|dist\/(?:\w+\/)*\w+\.d\.ts|dist\/site\/(?:\w+\.html|assets\/[\w-]+\.(?:js|css)(?:\.(?:br|gz))?))$/.test(
            name,
          ),
      ),
    ).toEqual([]);
  });

  test('every file that its documents lead to is in it, but those for who works on it', () => {
    for (const document of files.filter((name) => name.endsWith('.md') && !name.startsWith('docs/decisions/'))) {
      const text = readFileSync(join(ROOT, document), 'utf8').replace(/^```.*?^```$/gms, '');
      const links = [...text.matchAll(/\]\((?![a-z]+:)([^)#?\s]+)/g)].map(([, path = '']) => normalize(join(dirname(document), path)));
      const missing = links.filter((path) => !files.some((name) => name === path || name.startsWith(path)));
      expect(
        missing.filter((path) => !['AGENTS.md', 'CONTRIBUTING.md'].includes(path)),
        document,
      ).toEqual([]);
    }
  });

  describe('its types', () => {
    const blocks = [...readFileSync(join(ROOT, 'docs/library.md'), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = '']) => text);

    test('the programs of docs/library.md are right, and do what they say', { timeout: PACK_MS }, async () => {
      const project = installed(tarball);
      const hub = await startHubProcess();
      const said: string[] = [];
      for (const block of blocks) {
        expect(compile(project, block.replace('http://127.0.0.1:7424', hub.url))).toBe('');
        const program = start(process.execPath, ['use.js'], { cwd: project });
        expect([await program.ended, program.stderr()]).toEqual([{ code: 0, signal: null }, '']);
        said.push(program.stdout());
      }
      expect(said).toEqual(['alpha: Are the tests green?\n', expect.stringMatching(/^a hub on http:\/\/127\.0\.0\.1:[0-9]+\n$/)]);
    });

    test('know the fields of a call and of its answer', { timeout: PACK_MS }, () => {
      const text = `
        import { HubClient, type Output } from 'rogerthat';
        const client = new HubClient('http://127.0.0.1:7424');
        const told: Output<'send'> = await client.call('send', { to: 'bravo', message: 'hello', reply_to: 1 });
        const state: 'queued' | 'delivered' | 'confirmed' | 'expired' | undefined = told.recipients[0]?.state;
        // @ts-expect-error: no such field
        await client.call('send', { to: 'bravo', message: 'hello', subject: state });
        // @ts-expect-error: no such call
        await client.call('sent', { to: 'bravo', message: 'hello' });
        // @ts-expect-error: no such member of the answer
        told.subject;`;
      expect(compile(installed(tarball), text)).toBe('');
    });
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
    // The manual is in the package, and served out of it.
    expect((await call(url, { path: '/docs/library' })).status).toBe(200);
    // What a terminal does to both, done to the hub alone.
    process.kill(pidIn(directory), 'SIGTERM');
    expect(await npx.ended).toEqual({ code: 0, signal: null });
    expect(readdirSync(cwd)).toEqual([file]);
  });

  test('installed for the whole machine, it has the paths that the documents name', { timeout: PACK_MS }, async () => {
    const env = { npm_config_prefix: temporaryDirectory(), npm_config_loglevel: 'silent' };
    const named = ['docs/waking-agents.md', 'docs/self-hosting.md'].map((path) =>
      readFileSync(join(ROOT, path), 'utf8').match(/"\$\(npm root -g\)\/rogerthat[^"]*"/),
    );
    expect(named).toEqual([expect.anything(), expect.anything()]);
    const script = [
      `npm install --global --prefer-offline --ignore-scripts --no-audit --no-fund '${tarball}' >&2`,
      `test -e ${named[0]}/.claude-plugin/plugin.json -a -e ${named[0]}/.mcp.json`,
      `cd ${named[1]} && ls deploy`,
    ];
    const said = await runScript(script.join('\n'), { cwd: temporaryDirectory(), env });
    expect(said.trim().split('\n')).toEqual(expect.arrayContaining(['Caddyfile', 'nginx.conf', 'rogerthat.service', 'alerts.yml']));
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
    expect(second.stderr()).toMatch(/port [0-9]+ is in use.*--port/);
    await eventually(
      'the first to be undisturbed',
      async () => (await call(`http://127.0.0.1:${port}`, { path: '/readyz' })).status === 200,
    );
  });
});
