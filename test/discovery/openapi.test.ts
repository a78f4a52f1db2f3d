/**
 * /openapi.json: complete, clean to a linter, and good for a client that somebody else's generator makes of it.
 * Proves R-DISC-3.
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ERRORS } from '../../src/core/errors.ts';
import { operations } from '../../src/operations/index.ts';
import { ROOT } from '../harness/built.ts';
import { clientFile } from '../harness/clients.ts';
import type { Room } from '../harness/room.ts';
import { openHub, read } from './hub.ts';

// biome-ignore lint/suspicious/noExplicitAny: the document has every shape
type Any = any;

let room: Room;
let shared: Room;
let folder: string;
let document: Any;
beforeAll(async () => {
  room = await openHub();
  shared = await openHub({ mode: 'shared', token: 'hub-token-0123456789' });
  document = await read(room, '/openapi.json');
  mkdirSync(join(ROOT, '.test-results'), { recursive: true });
  folder = mkdtempSync(join(ROOT, '.test-results/openapi-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await room.close();
  await shared.close();
});

/** Follows a reference within the document. */
const resolved = (value: Any): Any =>
  typeof value?.$ref === 'string'
    ? value.$ref
        .slice(2)
        .split('/')
        .reduce((at: Any, name: string) => at[name], document)
    : value;

describe('the document', () => {
  test('has every operation at its route, once', () => {
    const found = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods as Any).map(([method, { operationId }]: [string, Any]) => `${operationId} ${method.toUpperCase()} ${path}`),
    );
    expect(found.sort()).toEqual(operations.map(({ name, rest }) => `${name} ${rest.method} ${rest.path}`).sort());
    expect(document).toMatchObject({ openapi: '3.1.1', servers: [{ url: room.rest.origin }] });
  });

  test.each(operations.map((op) => [op.name, op] as const))('%s has its fields, and every code that it declares', (_, op) => {
    const made = document.paths[op.rest.path][op.rest.method.toLowerCase()];
    const body = made.requestBody?.content['application/json'].schema;
    const named = [...(made.parameters ?? []).map(({ name }: Any) => name), ...Object.keys(body?.properties ?? {})];
    const fields = Object.keys(op.input.shape).map((field) => op.rest.headers?.[field] ?? field);
    const places = op.rest.path.includes('{channel_id}') ? ['channel_id', ...fields] : fields;
    expect([...new Set(named)].sort()).toEqual([...new Set(places)].sort());
    const codes = Object.values(made.responses).flatMap((response) => {
      const { schema } = resolved(response).content['application/problem+json'] ?? {};
      return schema?.allOf?.[1].properties.code.enum ?? [];
    });
    expect(op.errors.filter((code: string) => !codes.includes(code))).toEqual([]);
    for (const [status, response] of Object.entries(made.responses)) {
      const { schema } = resolved(response).content['application/problem+json'] ?? {};
      for (const code of schema?.allOf[1].properties.code.enum ?? []) expect(ERRORS).toMatchObject({ [code]: { status: Number(status) } });
    }
    expect(made.responses).toHaveProperty(String(op.rest.status ?? 200));
  });

  test.each(['create_channel', 'join', 'send', 'listen', 'roster', 'history', 'leave'])('%s shows a request and a whole answer', (name) => {
    const { rest } = operations.find((op) => op.name === name)!;
    const made = document.paths[rest.path][rest.method.toLowerCase()];
    expect(made.responses[String(rest.status ?? 200)].content['application/json']).toHaveProperty('example');
    if (rest.method === 'POST') expect(made.requestBody.content['application/json']).toHaveProperty('example');
  });

  test('says of an answer that comes late that it may be a refusal', () => {
    const shapes = (name: string): unknown =>
      document.paths[`/api/channels/{channel_id}/${name}`].get.responses['200'].content['application/json'].schema;
    const heard = { $ref: '#/components/schemas/Heard' };
    expect(shapes('listen')).toEqual(heard);
    expect(shapes('wait')).toEqual({ anyOf: [heard, { $ref: '#/components/schemas/Problem' }] });
  });

  test('says who may call what, on a shared hub as well', async () => {
    const security = (from: Any, name: string): Any =>
      Object.values(from.paths as Any)
        .flatMap((methods) => Object.values(methods as Any) as Any[])
        .find(({ operationId }) => operationId === name).security;
    expect(security(document, 'create_channel')).toEqual([]);
    expect(security(document, 'send')).toEqual([{ joinToken: [], session: [] }]);
    const other = await read(shared, '/openapi.json');
    expect(security(other, 'create_channel')).toEqual([{ hubToken: [] }]);
    expect(security(other, 'send')).toEqual([
      { joinToken: [], session: [] },
      { hubToken: [], channelToken: [], session: [] },
    ]);
  });
});

test.each([['local'], ['shared']])('the linter of Redocly finds nothing in that of a %s hub', async (mode) => {
  const path = join(folder, `${mode}.json`);
  writeFileSync(path, JSON.stringify(mode === 'local' ? document : await read(shared, '/openapi.json')));
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', CI: 'true' };
  const lint = spawnSync(process.execPath, [clientFile('@redocly/cli/bin/cli.js'), 'lint', path, '--format=json'], {
    env,
    cwd: folder,
    encoding: 'utf8',
  });
  expect(lint.status, lint.stderr).toBe(0);
  const { totals, problems } = JSON.parse(lint.stdout.slice(lint.stdout.indexOf('{')));
  expect([totals.errors, totals.warnings], JSON.stringify(problems)).toEqual([0, 0]);
});

/** What somebody writes who has generated a client and never seen this project. */
const PROGRAM = `
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.ts';

declare const process: { readonly argv: readonly string[] };
const hub = createClient<paths>({ baseUrl: process.argv[2]! });

const sure = <T>({ data, error }: { data?: T; error?: unknown }): T => {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
};

const made = sure(await hub.POST('/api/channels', { body: { retention: 'full', trust_mode: 'untrusted' } }));
const path = { channel_id: made.channel_id };
const token = { Authorization: \`Bearer \${made.join_token}\` };
const join = async (callsign: string) => {
  const joined = sure(await hub.POST('/api/channels/{channel_id}/join', { params: { path }, body: { callsign }, headers: token }));
  return { joined, headers: { ...token, 'X-Session-Id': joined.session_id } };
};
const alpha = await join('alpha');
const bravo = await join('bravo');
const params = { path, header: { 'Idempotency-Key': 'once' } };
const sent = sure(await hub.POST('/api/channels/{channel_id}/send', { params, body: { to: 'bravo', message: 'Typed. Over.' }, headers: alpha.headers }));
const state: 'queued' | 'delivered' | 'confirmed' | 'expired' | undefined = sent.recipients[0]?.state;
const heard: components['schemas']['Heard'] = sure(
  await hub.GET('/api/channels/{channel_id}/listen', { params: { path, query: { timeout: 0, since: bravo.joined.cursor } }, headers: bravo.headers }),
);
const messages: readonly components['schemas']['Message'][] = heard.messages;
const one = sure(await hub.GET('/api/channels/{channel_id}/messages/{id}', { params: { path: { ...path, id: sent.id } }, headers: token }));
const kept = sure(await hub.GET('/api/channels/{channel_id}/transcript', { params: { path }, headers: token }));
const refused = await hub.GET('/api/channels/{channel_id}/roster', { params: { path }, headers: { Authorization: 'Bearer wrong' } });
console.log(JSON.stringify({ state, texts: messages.map(({ text }) => text), receipts: one.receipts.length, events: typeof kept === 'string' ? 0 : kept.events.length, code: refused.error?.code, hint: refused.error?.hint }));
`;

test('a generated client is typed and talks', async () => {
  const { default: generate, astToString } = (await import(pathToFileURL(clientFile('openapi-typescript/dist/index.mjs')).href)) as {
    default(document: object): Promise<unknown>;
    astToString(ast: unknown): string;
  };
  writeFileSync(join(folder, 'schema.ts'), astToString(await generate(document)));
  writeFileSync(join(folder, 'program.ts'), PROGRAM);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        target: 'es2023',
        lib: ['es2023', 'dom'],
        module: 'nodenext',
        strict: true,
        noUncheckedIndexedAccess: true,
        exactOptionalPropertyTypes: true,
        allowImportingTsExtensions: true,
        noEmit: true,
        skipLibCheck: true,
        types: [],
      },
      files: ['program.ts'],
    }),
  );
  symlinkSync(clientFile(''), join(folder, 'node_modules'));
  const types = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder], { encoding: 'utf8' });
  expect([types.status, types.stdout]).toEqual([0, '']);
  const tsx = pathToFileURL(join(ROOT, 'node_modules/tsx/dist/loader.mjs')).href;
  // The hub that it talks to runs in this process, so this process must not stand still.
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', tsx, join(folder, 'program.ts'), room.rest.origin]);
  expect(JSON.parse(stdout)).toEqual({
    state: 'queued',
    texts: ['Typed. Over.'],
    receipts: 1,
    events: 4,
    code: 'unauthorized',
    hint: ERRORS.unauthorized.hint,
  });
});
