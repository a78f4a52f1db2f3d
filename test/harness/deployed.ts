/** nginx and Caddy with the files of deploy/: as they are, but for ports, certificates and names. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { ROOT } from './built.ts';
import { eventually } from './eventually.ts';
import { start, temporaryDirectory } from './process.ts';
import { call } from './rest.ts';

export type DeployedProxy = 'nginx' | 'caddy';

export const deployed = (name: string): string => readFileSync(join(ROOT, 'deploy', name), 'utf8');

/** A port that nobody has now. */
export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** What a hub has to be told of a proxy on that port. */
export const behind = (proxy: DeployedProxy, port: number): string[] => [
  ...['--trust-proxy', '127.0.0.1'],
  // nginx gives the name without its port.
  ...['--allow-host', proxy === 'nginx' ? '127.0.0.1' : `127.0.0.1:${port}`],
];

/** The site's file within the main one, which a distribution brings. */
const nginxFiles = (directory: string, port: number, hubs: readonly number[]): string[] => {
  const site = deployed('nginx.conf')
    .replace(/^server \{\n {2}listen 80;[\s\S]*?^\}\n/m, '')
    .replace('listen 443 ssl;', `listen 127.0.0.1:${port};`)
    .replace(/^ *ssl_certificate.*\n/gm, '')
    .replace(/(?: *server 127\.0\.0\.1:\d+ max_fails=0;\n)+/, hubs.map((hub) => `  server 127.0.0.1:${hub} max_fails=0;\n`).join(''));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((what) => `${what}_temp_path ${directory}/${what};`);
  const main = `daemon off; master_process off; pid ${directory}/nginx.pid; error_log ${directory}/error.log;
events { worker_connections 1024; }
http { access_log off; ${temporary.join(' ')} include ${directory}/site.conf; }`;
  writeFileSync(join(directory, 'site.conf'), site);
  writeFileSync(join(directory, 'nginx.conf'), main);
  return ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', join(directory, 'error.log')];
};

/** Which process answers there: its request ids begin alike. */
const runAt = async (url: string): Promise<string> => {
  const answer = await call(url, { path: '/no-such-page' }).catch(() => null);
  return String(answer?.body?.request_id ?? '').split('-')[0]!;
};

/** Resolves when a proxy sends requests to a hub: until then the next hub of a rolling restart has to wait. */
export const hasBack = async (proxy: string, port: number): Promise<void> => {
  const run = await runAt(`http://127.0.0.1:${port}`);
  await eventually(`requests at the hub on ${port}`, async () => run !== '' && (await runAt(proxy)) === run);
};

/**
 * Starts a proxy in front of hubs.
 * @param port where it listens, chosen before since the hubs have to know it
 * @returns its address
 */
export const startDeployed = async (proxy: DeployedProxy, port: number, hubs: readonly number[]): Promise<string> => {
  const directory = temporaryDirectory();
  mkdirSync(directory, { recursive: true });
  const url = `http://127.0.0.1:${port}`;
  if (proxy === 'caddy') writeFileSync(join(directory, 'Caddyfile'), `{\n\tadmin off\n}\n${deployed('Caddyfile')}`);
  const env = { HOME: directory, HUB_DOMAIN: url, HUBS: hubs.map((hub) => `127.0.0.1:${hub}`).join(' ') };
  const program =
    proxy === 'nginx'
      ? start('nginx', nginxFiles(directory, port, hubs))
      : start('caddy', ['run', '--config', join(directory, 'Caddyfile'), '--adapter', 'caddyfile'], { env });
  // Caddy would wait for its clients.
  afterAll(async () => void (await program.end('SIGKILL')));
  await eventually(`${proxy} to answer`, async () => {
    const answer = await call(url, { path: '/healthz' }).catch(() => null);
    return answer?.status === 200;
  });
  return url;
};
