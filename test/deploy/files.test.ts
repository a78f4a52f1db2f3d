/** The files of deploy/: each is one that its reader takes, names only settings that there are, and agrees with the hub's own numbers. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { envName, OPTIONS, type OptionName, readConfig } from '../../src/config.ts';
import { TIMES } from '../../src/core/limits.ts';
import { ROOT } from '../harness/built.ts';
import { deployed } from '../harness/deployed.ts';

const FILES = readdirSync(join(ROOT, 'deploy'));
const VARIABLES = new Set((Object.keys(OPTIONS) as OptionName[]).map(envName));
const PORT = Number(OPTIONS.port.default);

/** Seconds in which a listen is answered, whatever was asked for. */
const LISTEN_S = TIMES.listenMs / 1000;

test.each(FILES)('%s names no setting that there is not', (name) => {
  const named = [...deployed(name).matchAll(/ROGERTHAT_[A-Z_]+/g)].map(([variable]) => variable);
  if (!/^(?:Dockerfile|alerts)/.test(name)) expect(named.length).toBeGreaterThan(0);
  for (const variable of named) expect(VARIABLES, variable).toContain(variable);
});

/** What a file sets, as a hub would read it. */
const configOf = (env: Readonly<Record<string, string>>) =>
  readConfig(
    [],
    Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replace(/^\$\{HUB_DOMAIN:.*\}$/, 'hub.example')])),
  );

describe('docker-compose.yml', () => {
  const { services, networks, volumes } = parse(deployed('docker-compose.yml'), { merge: true });

  test('two hubs like one another, on a Redis that keeps what it is given', () => {
    expect(Object.keys(services)).toEqual(['hub-1', 'hub-2', 'caddy', 'redis']);
    expect(services['hub-1']).toEqual(services['hub-2']);
    const command: string[] = services.redis.command;
    expect(command.join(' ')).toBe('redis-server --appendonly yes --appendfsync everysec --maxmemory-policy noeviction');
    expect(networks.store).toEqual({ internal: true });
    expect(services.caddy.networks).not.toHaveProperty('store');
    expect(services.redis.ports).toBeUndefined();
    expect(services['hub-1'].ports).toBeUndefined();
  });

  test('what it tells the hubs is what they take, and says who the proxy is', () => {
    const environment: Record<string, string> = services['hub-1'].environment;
    const filled = Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [
        name,
        value.replace(/\$\{HUB_DOMAIN:[^}]*\}/, 'hub.example').replace(/\$\{(\w+):[^}]*\}/, '$1-of-some-length'),
      ]),
    );
    const config = configOf({ ...filled, ROGERTHAT_HOST: '0.0.0.0' });
    expect(config).toMatchObject({ mode: 'shared', redis: 'redis://redis:6379', origin: 'https://hub.example' });
    expect(config.trustProxies).toEqual([services.caddy.networks.front.ipv4_address]);
    expect(services.caddy.environment.HUBS).toBe(`hub-1:${PORT} hub-2:${PORT}`);
  });

  test('every network and volume that is used is there', () => {
    for (const { networks: used, volumes: mounts = [] } of Object.values<{ networks: object; volumes?: string[] }>(services)) {
      const names = Array.isArray(used) ? used : Object.keys(used);
      for (const name of names) expect(networks).toHaveProperty(name);
      for (const mount of mounts.filter((one) => !one.startsWith('.'))) expect(volumes).toHaveProperty(mount.split(':')[0]!);
      for (const mount of mounts.filter((one) => one.startsWith('./'))) expect(FILES).toContain(mount.split(':')[0]!.slice(2));
    }
  });
});

describe('kubernetes.yaml', () => {
  const documents = parseAllDocuments(deployed('kubernetes.yaml')).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS();
  });
  const of = (kind: string) => documents.find((one) => one.kind === kind);
  const { template, selector, replicas, strategy } = of('Deployment').spec;
  const [hub] = template.spec.containers;

  test('has what a fleet needs', () => {
    expect(documents.map(({ kind }) => kind)).toEqual(['Deployment', 'PodDisruptionBudget', 'Service', 'Ingress']);
    expect(replicas).toBeGreaterThan(1);
    expect(strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
    for (const labels of [template.metadata.labels, of('Service').spec.selector, of('PodDisruptionBudget').spec.selector.matchLabels]) {
      expect(labels).toEqual(selector.matchLabels);
    }
  });

  test('asks for the health of a hub under a name that it answers to', () => {
    for (const [probe, path] of [
      [hub.readinessProbe, '/readyz'],
      [hub.livenessProbe, '/healthz'],
    ] as const) {
      expect(probe.httpGet).toMatchObject({ path, port: 'http', httpHeaders: [{ name: 'Host', value: `localhost:${PORT}` }] });
    }
    expect(hub.ports).toEqual([{ name: 'http', containerPort: PORT }]);
  });

  test('leaves a hub the time to end', () => {
    const sleep = Number(hub.lifecycle.preStop.exec.command[1]);
    expect(template.spec.terminationGracePeriodSeconds).toBeGreaterThan(sleep + 5);
  });

  test('what it tells the hubs is what they take', () => {
    const env = Object.fromEntries(
      hub.env.map(({ name, value, valueFrom }: { name: string; value?: string; valueFrom?: { secretKeyRef: { key: string } } }) => [
        name,
        value ??
          (valueFrom?.secretKeyRef.key === 'redis'
            ? 'rediss://user:password@redis.example:6379'
            : `${valueFrom?.secretKeyRef.key}-of-some-length`),
      ]),
    );
    expect(configOf({ ...env, ROGERTHAT_HOST: '0.0.0.0' })).toMatchObject({ mode: 'shared', trustProxies: ['10.0.0.0/8'] });
  });

  test('lets answers take their time', () => {
    const { annotations } = of('Ingress').metadata;
    expect(Number(annotations['nginx.ingress.kubernetes.io/proxy-read-timeout'])).toBeGreaterThan(LISTEN_S);
    expect(annotations['nginx.ingress.kubernetes.io/proxy-buffering']).toBe('off');
  });
});

describe('proxies', () => {
  const seconds = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1]);

  test('nginx waits longer than a listen takes, and closes before a hub does', () => {
    const text = deployed('nginx.conf');
    expect(seconds(text, /proxy_read_timeout (\d+)s;/)).toBeGreaterThan(LISTEN_S);
    // The hub's keepAliveTimeout is 75 s.
    expect(seconds(text, /^ *keepalive_timeout (\d+)s;/m)).toBeLessThan(75);
    expect(text).toMatch(/proxy_buffering off;/);
    expect(text).toMatch(/proxy_http_version 1\.1;[\s\S]*proxy_set_header Connection "";/);
    expect(text).toMatch(/proxy_set_header X-Forwarded-For \$remote_addr;/);
  });

  test('Caddy waits longer than a listen takes, and closes before a hub does', () => {
    const text = deployed('Caddyfile');
    expect(seconds(text, /read_timeout (\d+)s/)).toBeGreaterThan(LISTEN_S);
    expect(seconds(text, /keepalive (\d+)s/)).toBeLessThan(75);
    // With it Caddy does not tell the hub that a client has gone.
    expect(text).not.toMatch(/^\s*flush_interval/m);
    const formatted = spawnSync('caddy', ['fmt', '-'], { input: text, encoding: 'utf8' });
    expect(formatted.stdout).toBe(text);
  });
});

describe('rogerthat.service', () => {
  const text = deployed('rogerthat.service');

  test('systemd takes it', () => {
    const verified = spawnSync('systemd-analyze', ['verify', join(ROOT, 'deploy/rogerthat.service')], { encoding: 'utf8' });
    expect([verified.status, verified.stderr]).toEqual([0, '']);
  });

  test('leaves the hub its data directory, its time to end, and its descriptors', () => {
    const value = (name: string): string | undefined => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1];
    expect(text).toContain(`Environment=ROGERTHAT_DATA_DIR=/var/lib/${value('StateDirectory')}\n`);
    expect(Number(value('TimeoutStopSec'))).toBeGreaterThan(5);
    expect(Number(value('LimitNOFILE'))).toBeGreaterThan(100_000);
    // A store that is not there yet will be, however long that takes.
    expect(value('RestartPreventExitStatus')).toBe('2 3 4');
    expect(value('StartLimitIntervalSec')).toBe('0');
    expect(value('DynamicUser')).toBe('yes');
  });
});

describe('Dockerfile', () => {
  const stages = deployed('Dockerfile')
    .split(/^FROM /m)
    .slice(1);

  test('builds in one stage and runs in another, not as root', () => {
    expect(stages).toHaveLength(2);
    const [, last = ''] = stages;
    expect(last).toMatch(/^node:22-slim$/m);
    expect(last).toMatch(/^USER node$/m);
    expect(last.indexOf('USER node')).toBeLessThan(last.indexOf('ENTRYPOINT'));
    expect(last).toMatch(/^ENTRYPOINT \["rogerthat"\]$/m);
    expect(last).toMatch(/^HEALTHCHECK /m);
    expect(last).toContain(`EXPOSE ${PORT}\n`);
  });

  test('its health check is a program that runs', () => {
    const command = JSON.parse(/CMD (\[.*\])/.exec(stages[1]!)?.[1] ?? '[]') as string[];
    expect(command[0]).toBe('node');
    // Nothing listens there.
    const asked = spawnSync(process.execPath, command.slice(1), { env: { ...process.env, ROGERTHAT_PORT: '9' }, encoding: 'utf8' });
    expect([asked.status, asked.stderr]).toEqual([1, '']);
  });
});
