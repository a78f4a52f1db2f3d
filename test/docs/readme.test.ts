/** README.md's bash blocks are run in order against a real hub, and so is what a new channel gives to paste. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../harness/built.ts';
import { eventually } from '../harness/eventually.ts';
import { startFront } from '../harness/front.ts';
import { passBy } from '../harness/passing.ts';
import { type HubProcess, startHubProcess, temporaryDirectory } from '../harness/process.ts';
import { expectCall } from '../harness/rest.ts';
import { bashBlocks, runScript, scriptOf, startScript } from '../harness/shell.ts';

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

describe('what keeps listening', () => {
  /** What it takes to get there: the address, a channel, two agents. */
  const before = bashBlocks(README).slice(0, 3);
  const loops = bashBlocks(README).filter((block) => block.includes('while true'));

  test('is two loops', () => {
    expect(loops).toHaveLength(2);
  });

  test.each([
    [0, 'bravo', 'alpha', 'inbox.jsonl'],
    [1, 'alpha', 'bravo', 'alpha.jsonl'],
  ])('loop %i tries again what may pass, and ends with the words of a hub that refuses', async (n, callsign, peer, file) => {
    const cwd = temporaryDirectory();
    const front = await startFront(() => hub.port);
    const own = (words: string): string =>
      `curl -s -X POST $HUB/api/channels/$(jq -r .channel_id <<<"$NEW")/${words.replace('OWNER', '$(jq -r .owner_token <<<"$NEW")')}`;
    const script = [
      ...before.map((block) => block.replace(STANDARD, `HUB=${front.url}`)),
      // As a shell is at whose prompt it is pasted.
      'set +euo pipefail',
      loops[n],
      'read -r _',
      own(`send -H "Authorization: Bearer $TOKEN" -H "X-Session-Id: $${peer.toUpperCase()}" -d '{"to":"all","message":"Still there?"}'`),
      `until grep -q 'Still there' ${file} 2>/dev/null || ! kill -0 $LOOP 2>/dev/null; do sleep 0.1; done; echo; echo heard`,
      own(`kick -H "Authorization: Bearer OWNER" -d '{"callsign":"${callsign}"}'`),
      'wait $LOOP; echo; echo over',
    ].join('\n');
    const program = startScript(script, { cwd, interactive: true, group: true });
    await eventually('its listen', () => front.passed.some((line) => line.includes('/listen')));
    await passBy(front);
    program.type('go on');
    await program.says(/^heard$/m);
    expect(readFileSync(join(cwd, file), 'utf8')).toContain('Still there?');
    await program.says(/^over$/m);
    expect((await program.ended).code).toBe(0);
    const told = JSON.parse(program.stderr());
    expect(told).toMatchObject({ code: 'kicked', status: 403, hint: expect.stringContaining('owner') });
    expect(readFileSync(join(cwd, file), 'utf8')).not.toContain('kicked');
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
