/** nginx and Caddy before a hub, with what they do when nobody configures them, but for a shorter patience. */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { start, temporaryDirectory } from '../harness/process.ts';
import { call } from '../harness/rest.ts';

/** How long a proxy waits for the next byte of an answer, in seconds; 60 where nobody says another. */
export const PATIENCE_S = 2;

export type ProxyName = 'nginx' | 'caddy';

/** A port that nobody has now. */
export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

const nginxConf = (port: number, hub: number, directory: string): string => `
daemon off;
master_process off;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${hub};
      proxy_read_timeout ${PATIENCE_S}s;
    }
  }
}
`;

const caddyfile = (port: number, hub: number): string => `
{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  reverse_proxy 127.0.0.1:${hub} {
    transport http {
      read_timeout ${PATIENCE_S}s
    }
  }
}
`;

/** Starts a proxy on a port that was chosen before, since the hub has to allow it as a host. */
export const startBefore = async (name: ProxyName, port: number, hub: number): Promise<void> => {
  const directory = temporaryDirectory();
  mkdirSync(directory, { recursive: true });
  const file = join(directory, name === 'nginx' ? 'nginx.conf' : 'Caddyfile');
  writeFileSync(file, name === 'nginx' ? nginxConf(port, hub, directory) : caddyfile(port, hub));
  const program =
    name === 'nginx'
      ? start('nginx', ['-p', directory, '-c', file, '-e', join(directory, 'error.log')])
      : start('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], { env: { HOME: directory } });
  // Neither is asked: Caddy would wait for its clients.
  afterAll(async () => void (await program.end('SIGKILL')));
  await eventually(`${name} to answer`, async () => {
    try {
      return (await call(`http://127.0.0.1:${port}`, { path: '/healthz' })).status > 0;
    } catch {
      return false;
    }
  });
};
