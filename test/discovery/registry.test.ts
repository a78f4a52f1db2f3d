/** What the MCP registry is told of the package, and that the package says the same. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OPTIONS } from '../../src/config.ts';
import { VERSION } from '../../src/version.ts';
import { ROOT } from '../harness/built.ts';
import { SERVER_JSON } from './published.ts';

const json = (name: string): unknown => JSON.parse(readFileSync(join(ROOT, name), 'utf8'));
const server = SERVER_JSON.parse(json('server.json'));
const manifest = json('package.json') as Record<'name' | 'version' | 'mcpName' | 'homepage' | 'bugs', string> & {
  repository: { url: string };
};

test('server.json and package.json name the same server, package and version', () => {
  expect(manifest.mcpName).toBe(server.name);
  expect([server.version, manifest.version]).toEqual([VERSION, VERSION]);
  expect(server.packages).toMatchObject([{ registryType: 'npm', identifier: manifest.name, version: VERSION }]);
});

test('the repository is that of the owner who publishes, everywhere', () => {
  const address = `https://${manifest.mcpName.replace(/^io\.github\.([^/]+)\//, 'github.com/$1/')}`;
  expect(manifest.repository.url).toBe(`git+${address}.git`);
  expect([manifest.homepage, manifest.bugs]).toEqual([`${address}#readme`, `${address}/issues`]);
  for (const path of ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'docs/self-hosting.md', 'docs/waking-agents.md']) {
    const named = readFileSync(join(ROOT, path), 'utf8').match(/https:\/\/github\.com\/[\w-]+\/rogerthat\b/g) ?? [];
    expect(new Set(named), path).toEqual(new Set(named.length > 0 ? [address] : []));
  }
});

test('its address has the port that the package is started with', () => {
  const [entry] = server.packages;
  const argument = entry?.packageArguments?.[0];
  expect(argument?.default).toBe(OPTIONS.port.default);
  expect(entry?.transport).toEqual({ type: 'streamable-http', url: `http://127.0.0.1:{${argument?.name}}/mcp` });
});
