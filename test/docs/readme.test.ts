/** README.md's bash blocks are run in order against a real hub, and so is what a new channel gives to paste. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../harness/built.ts';
import { type HubProcess, startHubProcess, temporaryDirectory } from '../harness/process.ts';
import { expectCall } from '../harness/rest.ts';
import { bashBlocks, runScript, scriptOf } from '../harness/shell.ts';

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const STANDARD = 'HUB=http://127.0.0.1:7424';

let hub: HubProcess;
beforeAll(async () => {
  hub = await startHubProcess();
});

describe('README.md', () => {
  const blocks = bashBlocks(README);

  test('begins with the hub’s standard address', () => {
    expect(blocks.length).toBeGreaterThan(5);
    expect(blocks[0]).toBe(`${STANDARD}\n`);
    expect(README).toContain('http://127.0.0.1:7424');
  });

  test('every block does what is said beside it', async () => {
    const cwd = temporaryDirectory();
    const [first = '', ...others] = blocks;
    const said = await runScript(scriptOf([first.replace(STANDARD, `HUB=${hub.url}`), ...others]), { cwd });
    expect(said.match(/^--- block/gm)).toHaveLength(blocks.length);
    // What a reader is shown to look for.
    expect(said).toContain('You are invited to the RogerThat channel');
    expect(said).toContain('Alpha here. Are the tests green?');
    expect(said).toContain('alpha: Over to you.');
    expect(said).toContain('bravo > alpha: All green.');
    expect(said.match(/"left":true/g)).toHaveLength(2);
    const inbox = readFileSync(join(cwd, 'inbox.jsonl'), 'utf8').trim().split('\n');
    expect(inbox.flatMap((line) => JSON.parse(line).messages.map(({ text }: { text: string }) => text))).toEqual(['Over to you.']);
  });
});

test.each([
  ['plain', {}],
  ['with identities', { trust_mode: 'trusted' }],
  ['with identities, untrusted', { require_identity: true }],
])('what a new channel gives to paste runs as it is: %s', async (_, settings) => {
  const made = await expectCall(hub.url, { path: '/api/channels', body: settings }, 201);
  const joined = JSON.parse(await runScript(made.connect.curl, { cwd: temporaryDirectory() }));
  expect(joined).toMatchObject({ channel_id: made.channel_id, callsign: 'alpha' });
  expect(made.agent_prompt.length).toBeLessThan(1500);
  expect('identity' in joined).toBe(made.require_identity);
  if (made.require_identity) expect(made.agent_prompt).toContain('identity_key');
  const lines: string[] = made.agent_prompt.split('\n');
  const set = lines.filter((line) => /^(?:TOKEN|API)=/.test(line));
  const curls = lines.filter((line) => line.startsWith('curl ')).map((line) => line.replace('YOUR-CALLSIGN', 'bravo'));
  expect(curls.length).toBeGreaterThanOrEqual(3);
  const [join = '', send = '', listen = ''] = curls;
  const script = [
    ...set,
    `JOINED=$(${join})`,
    'SESSION=$(jq -r .session_id <<<"$JOINED"); CURSOR=$(jq -r .cursor <<<"$JOINED")',
    `${send} | jq -c .recipients`,
    `${listen.replace('timeout=30', 'timeout=0')} | jq -c .timed_out`,
  ];
  expect(await runScript(script.join('\n'), { cwd: temporaryDirectory() })).toMatch(/^\[\{"callsign":"alpha".*\]\ntrue\n$/);
});
