/** What doctor says of settings that were right once, or that somebody wrote by hand, and what install makes of them. */
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect } from 'vitest';
import { builtHub, ROOT } from '../harness/built.ts';
import { newHome } from '../harness/command.ts';
import { type HubProcess, startHubProcess } from '../harness/process.ts';
import { verifies } from '../harness/verifies.ts';

let hub: HubProcess;
beforeAll(async () => {
  hub = await startHubProcess();
});

verifies.once('cli:doctor-bridge', async () => {
  const home = newHome();
  const file = join(home.directory, '.codex/config.toml');
  mkdirSync(dirname(file));
  const settings = `[mcp_servers.rogerthat]\ncommand = "npx"\nargs = ["-y", "rogerthat", "mcp", "--hub", "${hub.url}"]\n`;
  writeFileSync(file, settings);
  const { code, stdout } = await home.run(['doctor', 'codex', '--hub', hub.url]);
  expect(code).toBe(0);
  expect(stdout).toContain(`codex: set up for ${hub.url}\n  wakes: rogerthat mcp rings`);
  expect(stdout).not.toContain('missing');
  expect((await home.run(['doctor', 'codex', '--hub', `${hub.url}/other`])).stdout).toContain(
    `it is set up for ${hub.url}, not for ${hub.url}/other`,
  );
  // Its hooks are added beside it, for the hub that it has; another hub takes its place.
  expect(await home.run(['install', 'codex', '--hub', hub.url])).toMatchObject({ stdout: expect.stringContaining('nothing was changed') });
  expect(await home.run(['install', 'codex', '--wake', '--hub', hub.url])).toMatchObject({ code: 0 });
  expect(readFileSync(file, 'utf8')).toBe(settings);
  expect(readFileSync(join(home.directory, '.codex/hooks.json'), 'utf8')).toContain(`hook codex --hub ${hub.url}"`);
  await home.run(['install', 'codex', '--hub', 'http://127.0.0.1:1']);
  expect(readFileSync(file, 'utf8')).toContain('url = "http://127.0.0.1:1/mcp"');

  // One that does not ring this client wakes nobody in it.
  const gemini = join(home.directory, '.gemini/settings.json');
  mkdirSync(dirname(gemini));
  const args = [builtHub(), 'mcp', `--hub=${hub.url}`];
  writeFileSync(gemini, JSON.stringify({ mcpServers: { rogerthat: { command: process.execPath, args } } }));
  const told = (await home.run(['doctor', 'gemini', '--hub', hub.url])).stdout;
  expect(told).toContain('wakes: nothing');
  expect(told).toContain(`missing: rogerthat install gemini --wake --hub ${hub.url}\n`);
});

verifies.once('cli:bridge-words', async () => {
  const home = newHome();
  const file = join(home.directory, '.gemini/settings.json');
  mkdirSync(dirname(file));
  const doctor = async (): Promise<unknown> =>
    JSON.parse((await home.run(['doctor', 'gemini', '--hub', hub.url, '--json'])).stdout).clients[0];
  const words = { command: 'npx', args: ['-y', 'rogerthat', 'mcp'] };
  const stdio = (env: object): object[] => [
    { command: 'npx', env, args: words.args },
    { args: words.args, env, command: 'npx' },
    { transport: { type: 'stdio', env, ...words } },
    { command: ['npx', ...words.args], environment: env, type: 'local' },
  ];
  for (const rogerthat of [...stdio({ ROGERTHAT_HUB: hub.url }), ...stdio({ A: 'mcp', ROGERTHAT_HUB: `${hub.url}/` })]) {
    const settings = JSON.stringify({ mcpServers: { rogerthat } });
    writeFileSync(file, settings);
    expect([rogerthat, await doctor()]).toMatchObject([rogerthat, { hub: hub.url, missing: [expect.stringMatching('--wake')] }]);
    expect(await home.run(['install', 'gemini', '--hub', hub.url])).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toBe(settings);
  }
  // The hub that both have from the environment, spelled in another way.
  writeFileSync(file, JSON.stringify({ mcpServers: { rogerthat: words } }));
  const spelled = { ROGERTHAT_HUB: `${hub.url}/` };
  expect((await home.run(['doctor', 'gemini'], spelled)).stdout).toContain(`gemini: set up for ${hub.url}\n`);
  expect(await home.run(['install', 'gemini', '--wake'], spelled)).toMatchObject({ code: 0 });
  expect(readFileSync(file, 'utf8')).toContain('"mcp"');
  expect((await home.run(['doctor', 'gemini'], spelled)).stdout).not.toContain('missing');

  // What is no text, or no URL, ends nothing.
  for (const [said, address] of [
    [7424, 'http://127.0.0.1:7424'],
    [null, 'http://127.0.0.1:7424'],
    [`$HUB`, '$HUB'],
  ]) {
    writeFileSync(file, JSON.stringify({ mcpServers: { rogerthat: { ...words, env: { ROGERTHAT_HUB: said } } } }));
    expect(await doctor()).toMatchObject({ hub: address });
    expect(await home.run(['install', 'gemini', '--hub', hub.url])).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toContain(`${hub.url}/mcp`);
  }
  writeFileSync(file, JSON.stringify({ mcpServers: { rogerthat: { ...words, env: 1 } } }));
  expect(await doctor()).toMatchObject({ hub: 'http://127.0.0.1:7424' });
});

verifies.once('cli:doctor-hooks', async () => {
  const home = newHome();
  const program = join(home.directory, 'a program');
  mkdirSync(program);
  symlinkSync(dirname(builtHub()), join(program, 'dist'));
  symlinkSync(join(ROOT, 'node_modules'), join(program, 'node_modules'));
  const script = join(program, 'dist/cli.js');
  const file = join(home.directory, '.gemini/settings.json');
  await home.run(['install', 'gemini', '--wake', '--hub', hub.url]);
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(builtHub(), JSON.stringify(script).replaceAll('"', '\\"')));
  const doctor = async (): Promise<string> => (await home.run(['doctor', 'gemini', '--hub', hub.url])).stdout;
  expect(await doctor()).toMatch(/wakes: hooks: AfterAgent, AfterTool\n$/);
  renameSync(program, `${program} of yesterday`);
  const mend = `rogerthat install gemini --hub ${hub.url}`;
  expect(await doctor()).toContain(
    `wakes: nothing; its agent hears mail when it listens\n  missing: its hooks run ${script}, which is not there: ${mend}\n`,
  );
  // What it says mends it, also when somebody gave the hook a time to wait.
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(`--hub ${hub.url}`, `--hub ${hub.url} --wait 60`));
  await home.run(['install', 'gemini', '--hub', hub.url]);
  expect(await doctor()).toMatch(/wakes: hooks: AfterAgent, AfterTool\n$/);
  expect(readFileSync(file, 'utf8').match(/hook gemini.*/g)).toEqual(Array(2).fill(`hook gemini --hub ${hub.url} --wait 60",`));
  expect(await home.run(['install', 'gemini', '--wake', '--hub', hub.url])).toMatchObject({
    stdout: expect.stringContaining('nothing was changed'),
  });

  // Hooks go where the entry goes; where somebody parted them, doctor says so.
  await home.run(['install', 'gemini', '--hub', 'http://127.0.0.1:1']);
  expect(readFileSync(file, 'utf8').match(/hook gemini.*/g)).toEqual(Array(2).fill('hook gemini --hub http://127.0.0.1:1 --wait 60",'));
  writeFileSync(file, readFileSync(file, 'utf8').replace('http://127.0.0.1:1/mcp', `${hub.url}/mcp`));
  expect(await doctor()).toContain(`missing: its hooks are for http://127.0.0.1:1, not for ${hub.url}: ${mend}\n`);
  await home.run(['uninstall', 'gemini']);
  expect(existsSync(file)).toBe(false);
});
