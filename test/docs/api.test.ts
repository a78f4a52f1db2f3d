/** docs/api.md: a call for each operation that works as it stands, and words for every field. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operations } from '../../src/operations/index.ts';
import { openHub } from '../discovery/hub.ts';
import { ROOT } from '../harness/built.ts';
import type { Room } from '../harness/room.ts';

const page = readFileSync(join(ROOT, 'docs/api.md'), 'utf8');
const ADMIN_TOKEN = 'the-admin-token-of-some-length';

/** The section of an operation. */
const sectionOf = (name: string): string => page.split(/^## /m).find((section) => section.startsWith(`${name}\n`)) ?? '';

let room: Room;
beforeAll(async () => {
  room = await openHub({ adminToken: ADMIN_TOKEN, bands: true });
});
afterAll(() => room.close());

describe.each(operations.map((op) => [op.name, op] as const))('%s', (name, op) => {
  const section = sectionOf(name);
  const rows = [...section.matchAll(/^\| `([a-z_]+)` \| (path|query|body|header `[\w-]+`) \| (.+) \| (.+) \|$/gm)];

  test('has each field, with its values and a sentence', () => {
    expect(rows.map(([, field]) => field)).toEqual(Object.keys(op.input.shape));
    for (const [, field, , values, words] of rows) {
      expect(values, field).toMatch(/^(?:text|whole number|list|true or false|"\w)/);
      expect(words, field).toMatch(/[a-z].*\.$/);
    }
  });

  test('has every field of its answer', () => {
    const [, answer = ''] = section.split('\nAnswer: ');
    if (answer.includes('(#part-')) expect(page).toMatch(/^### Part Heard$/m);
    const shape = Object.keys((op.output as { shape?: object }).shape ?? {});
    const named = /^[^\n]*\[Heard\]/.test(answer) ? page.slice(page.indexOf('### Part Heard')) : answer;
    for (const field of shape) expect(named).toContain(`\n| \`${field}\` | `);
  });

  test('shows a call that works', async () => {
    const [, call = ''] = /```text\n(curl .*)\n```/.exec(section) ?? [];
    const channel = await room.channel({ retention: 'full' });
    const alpha = await channel.agent('alpha');
    const bravo = await channel.agent('bravo');
    const { id } = await bravo.send('alpha', 'So that a listen is answered.');
    const { webhook_id } = await channel.createWebhook({ url: 'https://agent.example/hook' });
    const env = {
      PATH: process.env['PATH'],
      HUB: room.rest.origin,
      API: `${room.rest.origin}/api/channels/${channel.id}`,
      CHANNEL_ID: channel.id,
      TOKEN: channel.created.join_token,
      OWNER_TOKEN: channel.created.owner_token,
      ADMIN_TOKEN,
      SESSION: alpha.sessionId,
      CURSOR: alpha.joined.cursor,
      ID: String(id),
      WEBHOOK_ID: webhook_id,
    };
    // A stream does not end by itself: its head is enough.
    const script = op.answers === 'stream' ? `exec 3< <(exec ${call} -i); head -c 40 <&3; kill $!` : `${call} -i`;
    const { stdout } = await promisify(execFile)('bash', ['-uc', script], { env });
    expect(stdout).toMatch(new RegExp(`^HTTP/1\\.1 ${op.rest.status ?? 200} `));
  });
});

test('parts of answers that are linked to are there', () => {
  const parts = new Set([...page.matchAll(/\(#(part-[a-z]+)\)/g)].map(([, anchor]) => anchor));
  expect(parts.size).toBeGreaterThan(3);
  for (const anchor of parts) expect(page.toLowerCase()).toContain(`\n### ${anchor?.replace('-', ' ')}\n`);
});

test('a callsign that is to be removed is not called yours', () => {
  expect(sectionOf('kick')).not.toMatch(/Your name/);
});
