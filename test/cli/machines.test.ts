/** Machines on which the program cannot run, or not all of it: it says so in a sentence, and what to do. */
import { cpSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tooOld } from '../../src/cli/node.ts';
import { builtHub, ROOT } from '../harness/built.ts';
import { newHome } from '../harness/command.ts';
import { start, temporaryDirectory } from '../harness/process.ts';

/** The program, installed without what npm takes for optional. */
const withoutDriver = (): string => {
  const directory = temporaryDirectory();
  cpSync(dirname(builtHub()), join(directory, 'dist'), { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  mkdirSync(join(directory, 'node_modules/@neon-rs'), { recursive: true });
  for (const name of ['libsql', '@neon-rs/load', 'detect-libc']) {
    cpSync(realpathSync(join(ROOT, 'node_modules', name)), join(directory, 'node_modules', name), { recursive: true });
  }
  return join(directory, 'dist/cli.js');
};

describe('Node', () => {
  test.each(['20.19.0', '20.20.2', '22.4.0', '22.23.3', '23.0.0', '24.21.0', '26.10.0', '30.0.0-nightly'])('%s will do', (version) => {
    expect(tooOld(version, 'node')).toBeNull();
  });

  test.each(['16.20.2', '18.20.8', '20.18.3', '21.7.3', '22.3.0'])('%s is too old', (version) => {
    expect(tooOld(version, '/usr/bin/node')).toMatch(`20.19, 22.4 or newer, and /usr/bin/node is ${version}.`);
  });

  test('the package says the same', () => {
    expect(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).engines.node).toBe('^20.19.0 || >=22.4.0');
  });

  test.each([{ words: [] }, { words: ['create'] }, { words: ['--version'] }])(
    'rogerthat $words on one that is too old says so',
    async ({ words }) => {
      const old = join(temporaryDirectory(), 'old.cjs');
      writeFileSync(old, `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } });`);
      const { code, stderr, stdout } = await newHome().run(words, { NODE_OPTIONS: `--require=${old}` });
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^rogerthat: RogerThat needs Node .*18\.20\.8.*\n$/);
    },
  );
});

describe('no driver of the database', () => {
  const program = withoutDriver();
  /** A directory that seems to have a database. */
  const kept = (): string => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'rogerthat.db'), '');
    return directory;
  };
  const run = async (...words: string[]) => {
    const { directory, env } = newHome('http://127.0.0.1:9');
    const started = start(process.execPath, [program, ...words], { env: { ...env, ROGERTHAT_DATA_DIR: join(directory, 'data') } });
    const { code } = await started.ended;
    return { code, stdout: started.stdout(), stderr: started.stderr() };
  };

  test.each([
    { words: ['--port', '0'] },
    { words: ['--port', '0', '--memory'] },
    { words: ['migrate', '--from', kept(), '--to', 'redis://127.0.0.1:9'] },
  ])('rogerthat $words says what is missing', async ({ words }) => {
    const { code, stdout, stderr } = await run(...words);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^rogerthat: A hub keeps its data with libsql, and that does not load on \w+ \w+ \(Cannot find .*\n/);
    expect(stderr).toContain(`${process.platform} ${process.arch}`);
    expect(stderr).toContain('optional');
  });

  test('what needs none goes on', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, stderr: '' });
    expect(await run('send', 'bravo', 'hello')).toMatchObject({ code: 11 });
    // It got as far as Redis.
    expect(await run('--redis', 'redis://127.0.0.1:9')).toMatchObject({ code: 5 });
  });
});

describe('a user whom the system does not know, and no HOME', () => {
  /** As in a container that was given any number as its user. */
  const run = async (words: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const under = ['--user', '--map-user=54321', 'env', '-u', 'HOME', process.execPath, builtHub()];
    const started = start('unshare', [...under, ...words], { env: { XDG_STATE_HOME: '', ...env } });
    const { code } = await started.ended;
    return { code, stdout: started.stdout(), stderr: started.stderr() };
  };

  test('a hub says how to name its directory', async () => {
    const { code, stderr } = await run(['--port', '0']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^rogerthat: this user has no home directory: .*HOME.*--data-dir.*\n$/);
  });

  test.each(['create', 'mcp', 'doctor'])('rogerthat %s says how to name its own', async (name) => {
    const { code, stderr } = await run([name]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^rogerthat: This user has no home directory\.\n {2}Set HOME, or ROGERTHAT_PROFILE_DIR/);
  });

  test('and goes on with it', async () => {
    expect(await run(['send', 'bravo', 'hello'], { ROGERTHAT_PROFILE_DIR: temporaryDirectory() })).toMatchObject({ code: 11 });
  });
});
