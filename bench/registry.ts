/** A package registry of this machine: what `npx NAME` asks when somebody types it, without the way to the real one. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** What the registry tells of a package beside its files. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly [field: string]: unknown;
}

interface Offered {
  readonly manifest: Manifest;
  readonly tarball: Buffer;
}

const manifestOf = (dir: string): Manifest => JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as Manifest;

/** A package as it would be published. */
const pack = (dir: string, to: string): Offered => {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', to];
  const printed = execFileSync('npm', args, { cwd: dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const [made] = JSON.parse(printed) as { filename: string }[];
  if (!made) throw new Error('npm pack made nothing');
  const { scripts: _, ...manifest } = manifestOf(dir);
  return { manifest: manifest as Manifest, tarball: readFileSync(join(to, made.filename)) };
};

/** The directories of what a package needs at run time, as far as it is installed here. */
const needed = (dir: string, modules: string, found = new Set<string>()): Set<string> => {
  const { dependencies = {}, optionalDependencies = {} } = manifestOf(dir) as { [kind: string]: unknown } as Record<string, object>;
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const at = join(modules, name);
    if (found.has(at) || !existsSync(at)) continue;
    found.add(at);
    needed(at, modules, found);
  }
  return found;
};

/**
 * Offers packages, and what they need of a folder of installed ones, on a port of its own. Those for other platforms are not there,
 * and npm goes on without them.
 * @param scratch an empty directory
 * @returns its URL, and how to end it
 */
export async function openRegistry(packages: readonly string[], modules: string, scratch: string): Promise<{ url: string; close(): void }> {
  const dirs = new Set(packages.flatMap((dir) => [dir, ...needed(dir, modules)]));
  const offered = new Map([...dirs].map((dir) => pack(dir, scratch)).map((one) => [one.manifest.name, one]));
  if (readdirSync(scratch).length !== offered.size) throw new Error('two packages of one name');
  let url = '';
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1);
    const file = /^(.+)\/-\/package\.tgz$/.exec(path)?.[1];
    const one = offered.get(file ?? path);
    if (!one) response.writeHead(404).end('{}');
    else if (file !== undefined) response.end(one.tarball);
    else {
      const { manifest, tarball } = one;
      const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
      const version = { ...manifest, dist: { tarball: `${url}/${manifest.name}/-/package.tgz`, integrity } };
      response.setHeader('Content-Type', 'application/json');
      response.setHeader('Cache-Control', 'public, max-age=300');
      response.end(
        JSON.stringify({ name: manifest.name, 'dist-tags': { latest: manifest.version }, versions: { [manifest.version]: version } }),
      );
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, close: () => void server.close() };
}
