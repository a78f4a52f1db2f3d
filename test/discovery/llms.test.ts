/**
 * /llms.txt as a model uses it: its blocks are taken out of the document that a running hub serves, and two agents who
 * know nothing else talk.
 * Proves R-DISC-2.
 */
import { readFileSync, statSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ERRORS } from '../../src/core/errors.ts';
import { operations } from '../../src/operations/index.ts';
import { type HubProcess, startHubProcess, temporaryDirectory } from '../harness/process.ts';
import { createChannel } from '../harness/rest.ts';
import { bashBlocks, runScript, startScript } from '../harness/shell.ts';

const MOST = 12 * 1024;
const HUB_TOKEN = 'hub-token-0123456789';
const BLANKS = 'CHID= TOKEN= CALLSIGN=agent-$RANDOM\n';

const llms = async ({ url }: HubProcess): Promise<string> => {
  const answer = await fetch(`${url}/llms.txt`);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/markdown; charset=utf-8']);
  return answer.text();
};

let hub: HubProcess;
let shared: HubProcess;
let text: string;
let blocks: string[];
beforeAll(async () => {
  hub = await startHubProcess();
  shared = await startHubProcess({ args: ['--token', HUB_TOKEN, '--admin-token', 'admin-token-0123456789'] });
  text = await llms(hub);
  blocks = bashBlocks(text);
});

/** A proxy before the hub that answers the first listens itself, with each of these. @returns its address, and the cursors it saw */
const proxyTo = async (target: string, answers: (readonly [status: number, type: string, body: string])[]) => {
  const since: (string | null)[] = [];
  const server = createServer((asked, answer) => {
    const url = new URL(asked.url ?? '/', target);
    if (url.pathname.endsWith('/listen')) {
      since.push(url.searchParams.get('since'));
      const own = answers.shift();
      if (own) {
        const [status, type, body] = own;
        answer.writeHead(status, { 'content-type': type }).end(body);
        return;
      }
    }
    const { method, headers } = asked;
    const passed = request(url, { method, headers: { ...headers, host: url.host } }, (told) => {
      answer.writeHead(told.statusCode ?? 502, told.headers);
      told.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => void server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, since };
};

describe('the document', () => {
  test('is short, and has its parts in the order of need', async () => {
    for (const one of [text, await llms(shared)]) {
      expect(Buffer.byteLength(one)).toBeLessThan(MOST);
      const headings = one.match(/^#+ .*$/gm)?.filter((line) => !line.startsWith('# HELP'));
      expect(headings).toEqual([
        '# RogerThat',
        '## READ THIS FIRST',
        '## Path 0: REST by curl',
        '## Path 1: MCP',
        '## Wait without burning tokens',
        '## Trust, in four sentences',
        '## Limits of this hub',
        '## Errors',
        '## Every call',
      ]);
    }
  });

  test('names every operation with its route, and no other', () => {
    const calls = [...text.matchAll(/^- `(GET|POST|DELETE) (\S+)` /gm)].map(([, method, path]) => `${method} ${path}`);
    expect(calls).toEqual(operations.map(({ rest }) => `${rest.method} ${rest.path}`));
  });

  test('has limits and errors as the hub has them', () => {
    for (const [, status, code = ''] of text.matchAll(/^- ([0-9]{3}) `([a-z_]+)`/gm)) {
      expect(ERRORS, code).toMatchObject({ [code]: { status: Number(status) } });
    }
    expect(text).toContain('32 KiB');
    expect(text).toContain('last 100 messages');
  });
});

describe('its blocks', () => {
  test('have no comments: zsh, as people and editors type into it, takes those for words of the command', async () => {
    for (const block of [...blocks, ...bashBlocks(await llms(shared))]) expect(block).not.toMatch(/(?:^|\s)#\s/);
  });

  test('put two agents on the air who know nothing else', async () => {
    const [join0 = '', send = '', listen = '', wait = ''] = blocks;
    expect(blocks).toHaveLength(4);
    expect(join0).toContain(`HUB=${hub.url}\n`);
    const homes = { alpha: temporaryDirectory(), bravo: temporaryDirectory() };
    const alpha = startScript([join0, send, listen, 'echo "--- heard"', wait, 'echo "--- woken"'].join('\n'), { cwd: homes.alpha });
    // Alpha was given nothing, so it has a channel and something to paste; bravo has only what was pasted.
    const [, token = ''] = await alpha.says(/^TOKEN=(rt_join_\S+)$/m);
    const [, channelId = ''] = await alpha.says(/^API=\S+\/channels\/(\S+)$/m);
    await alpha.says(/"recipient_count":0/);
    expect(join0).toContain(BLANKS);
    const filled = join0.replace(BLANKS, `CHID=${channelId} TOKEN=${token} CALLSIGN=bravo\n`);
    const said = await runScript(`${filled}\n${send}`, { cwd: homes.bravo });
    expect(said).toMatch(/"roster": \[\s*"agent-[0-9]+",\s*"bravo"/);
    expect(said).toContain('You are on the air');
    await alpha.says(/"from": "bravo"[\s\S]*"text": "Radio check\. Over\."[\s\S]*--- heard/);
    // Another command of bravo's, in another shell: the file has what it needs.
    await runScript(send, { cwd: homes.bravo });
    expect(await alpha.ended).toEqual({ code: 0, signal: null });
    expect(alpha.stdout().split('--- heard')[1]).toMatch(/"from": "bravo"[\s\S]*--- woken/);
    expect(alpha.stderr()).toBe('');
    // It would go on after what it has heard, and nobody else can read its token.
    const kept = readFileSync(join(homes.alpha, 'rt.env'), 'utf8').trim().split('\n');
    expect(kept.at(-1)).toMatch(/^SINCE=3-/);
    expect(statSync(join(homes.alpha, 'rt.env')).mode & 0o777).toBe(0o600);
  });

  test('joining again gives the same session, and what was not confirmed', async () => {
    const [join0 = '', send = '', listen = ''] = blocks;
    const channel = await createChannel(hub.url);
    const as = (callsign: string): string => join0.replace(BLANKS, `CHID=${channel.id} TOKEN=${channel.token} CALLSIGN=${callsign}\n`);
    const home = temporaryDirectory();
    await runScript(as('alpha'), { cwd: home });
    const session = (): string => /X-Session-Id: (\S+)"/.exec(readFileSync(join(home, 'rt.env'), 'utf8'))?.[1] ?? '';
    const before = session();
    await runScript(`${as('bravo')}\n${send}`, { cwd: temporaryDirectory() });
    await runScript(listen, { cwd: home });
    // The turn ended there; a new one knows its callsign only.
    expect(await runScript(as('alpha'), { cwd: home })).toMatch(/"unconfirmed": \[\s*\{[\s\S]*"redelivered": true/);
    expect(session()).toBe(before);
  });

  test('a wrong token ends in a problem with a hint, not in a loop', async () => {
    const [join0 = '', , listen = ''] = blocks;
    const channel = await createChannel(hub.url);
    const wrong = join0.replace(BLANKS, `CHID=${channel.id} TOKEN=rt_join_wrong CALLSIGN=alpha\n`);
    const said = await runScript(`${wrong}\n${listen}`, { cwd: temporaryDirectory() });
    expect(said.match(/"code": "unauthorized"/g)).toHaveLength(2);
    expect(said).toContain('"hint":');
  });

  test('what a proxy answers in place of the hub loses no cursor', async () => {
    const [join0 = '', send = '', listen = ''] = blocks;
    const channel = await createChannel(hub.url);
    const proxy = await proxyTo(hub.url, [
      [502, 'text/html', '<html><h1>502 Bad Gateway</h1></html>'],
      [200, 'text/html', '<!doctype html><title>Back in a minute</title>'],
      [503, 'text/plain', '503 Service Unavailable'],
      [504, 'application/json', '{"message":"upstream timed out"}'],
      [200, 'text/plain', ''],
    ]);
    const at = (url: string, callsign: string): string =>
      join0.replace(`HUB=${hub.url}\n`, `HUB=${url}\n`).replace(BLANKS, `CHID=${channel.id} TOKEN=${channel.token} CALLSIGN=${callsign}\n`);
    const home = temporaryDirectory();
    await runScript(at(proxy.url, 'alpha'), { cwd: home });
    await runScript(`${at(hub.url, 'bravo')}\n${send}`, { cwd: temporaryDirectory() });
    // As in a shell that nobody has told how to treat failures.
    expect(await runScript(`set +euo pipefail\n${listen}`, { cwd: home })).toContain('"text": "Radio check. Over."');
    const [first] = proxy.since;
    expect(first).toMatch(/^0-/);
    expect(proxy.since).toEqual(Array(6).fill(first));
    const kept = readFileSync(join(home, 'rt.env'), 'utf8').match(/^SINCE=.*$/gm);
    expect(kept).toEqual([`SINCE=${first}`, expect.stringMatching(/^SINCE=1-/)]);
  });

  test('five loops of one callsign do not end each other for ever: the oldest ends and says so', async () => {
    const [join0 = '', send = '', listen = ''] = blocks;
    const channel = await createChannel(hub.url);
    const as = (callsign: string): string => join0.replace(BLANKS, `CHID=${channel.id} TOKEN=${channel.token} CALLSIGN=${callsign}\n`);
    const home = temporaryDirectory();
    await runScript(as('alpha'), { cwd: home });
    const loops = Array.from({ length: 5 }, () => startScript(listen, { cwd: home }));
    const oldest = await Promise.race(loops.map((loop) => loop.ended.then(() => loop)));
    expect(oldest.stdout()).toContain('"superseded": true');
    await runScript(`${as('bravo')}\n${send}`, { cwd: temporaryDirectory() });
    for (const loop of loops) {
      expect(await loop.ended).toEqual({ code: 0, signal: null });
      if (loop !== oldest) expect(loop.stdout()).toContain('Radio check. Over.');
    }
  });

  test('on a hub with a token they send it', async () => {
    const [join0 = '', send = ''] = bashBlocks(await llms(shared));
    const said = await runScript(`${join0}\n${send}`, { cwd: temporaryDirectory(), env: { HUB_TOKEN } });
    expect(said).toContain('"recipient_count":0');
  });

  test('where no channel may be made, what the hub said of that is what is shown', async () => {
    const [join0 = ''] = bashBlocks(await llms(shared));
    for (const [token, detail] of [
      ['wrong', "That is not this hub's token."],
      ['', 'The Authorization header is not \\"Bearer TOKEN\\".'],
    ] as const) {
      const said = await runScript(`set +euo pipefail\n${join0}`, { cwd: temporaryDirectory(), env: { HUB_TOKEN: token } });
      expect(said.match(/"detail": .*/g)).toEqual([`"detail": "${detail}",`]);
      expect(said).not.toMatch(/^null$/m);
      expect(said).toMatch(/"hint": "Send .*\\"Authorization: Bearer (HUB_)?TOKEN\\"/);
    }
  });
});

describe('its lines for clients', () => {
  test('show the token of a hub that asks for one', async () => {
    const lines = (await llms(shared)).match(/^(?:Claude Code|Codex|Gemini CLI): .*$/gm);
    expect(lines).toHaveLength(3);
    for (const line of lines ?? []) expect(line).toMatch(/HUB_TOKEN|JOIN_TOKEN/);
    expect(text).not.toContain('HUB_TOKEN');
  });
});
