/** A hub that means harm, or whatever answers in its place: what it can do to the terminal and the machine of its client. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { HubClient, watch } from '../../src/client/index.ts';
import { newHome } from '../harness/command.ts';

const running: (() => void)[] = [];
afterEach(() => {
  for (const stop of running.splice(0)) stop();
});

const serving = async (answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> => {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** A title, a cleared screen, a colour of the newer control codes, a line that is shown backwards. */
const EVIL = '\x1b]0;title\x07\x1b[2J\x9b31m\u202e';
const at = '2026-01-01T12:00:00.000Z';
const message = { id: `7${EVIL}`, reply_to: `6${EVIL}`, from: 'bravo', to: 'all', text: `hi${EVIL}`, at, kind: 'message' };
const gap = { reason: 'rotated', missed_at_most: `5${EVIL}`, oldest: 1 };

/** By the end of a path, what a hub would never answer. */
const ANSWERS: Readonly<Record<string, object>> = {
  '/healthz': { ok: true, version: `1${EVIL}` },
  '/api/channels': {
    ...{ channel_id: 'quiet-otter-3a8f19', join_token: 'j', owner_token: 'o' },
    ...{ console_url: `http://hub/${EVIL}`, agent_prompt: `p${EVIL}` },
  },
  '/join': {
    ...{ channel_id: 'quiet-otter-3a8f19', callsign: 'alpha', session_id: 's', resumed: false, trust_posture: `untrusted${EVIL}` },
    ...{ instructions: EVIL, roster: [], history: [message], cursor: '1-a', pending: EVIL, unconfirmed: [], gap },
    identity: { identity_id: `id${EVIL}`, identity_key: `k${EVIL}` },
  },
  '/listen': { messages: [message], cursor: '1-a', after: '0-a', timed_out: false, more: false, gap },
  '/history': { messages: [message] },
  '/guards': { channel_id: EVIL, factor: EVIL, messages: EVIL, limits: { [EVIL]: EVIL }, tripped: [] },
};

test('R-CLI-7: nothing that a hub answers is obeyed by a terminal', async () => {
  const hub = await serving(({ url = '' }, response) => {
    const path = url.split('?')[0]!;
    const found = Object.keys(ANSWERS).find((end) => path.endsWith(end));
    response.writeHead(found === '/api/channels' ? 201 : 200).end(JSON.stringify(ANSWERS[found ?? '/history']));
  });
  const home = newHome(hub);
  const commands = [['create'], ['join', 'quiet-otter-3a8f19', 'alpha'], ['listen'], ['history'], ['guards'], ['doctor']];
  for (const words of commands) {
    const { code, stdout, stderr } = await home.run(words);
    expect([words, code]).toEqual([words, 0]);
    expect(stdout.length).toBeGreaterThan(0);
    expect(JSON.stringify(`${stdout}${stderr}`), words.join(' ')).not.toMatch(/\\u00|[\x7f-\x9f\u202e]/);
  }
});

test('an answer without an end is given up', async () => {
  const block = Buffer.alloc(1024 * 1024, ' ');
  let gone = 0;
  const hub = await serving((request, response) => {
    response.writeHead(200);
    const write = (): void => {
      while (!response.destroyed && response.write(block));
    };
    response.on('drain', write).once('close', () => gone++);
    // No line ends either.
    if (request.url?.includes('/transcript')) response.write('{');
    write();
  });
  const client = new HubClient(hub);
  const shown = { channelId: 'quiet-otter-3a8f19', token: 't', sessionId: 's' };
  await expect(client.call('roster', {}, shown)).rejects.toMatchObject({ code: 'not_a_hub' });
  const lines = client.lines('transcript', {}, shown);
  await expect(lines.next()).rejects.toMatchObject({ code: 'not_a_hub' });
  await expect.poll(() => gone).toBe(2);
  client.close();
});

test('what answers for a hub with something else is told so by whoever watches', async () => {
  const hub = await serving((_, response) => response.end('{}'));
  const client = new HubClient(hub);
  await expect(watch(client, { channelId: 'quiet-otter-3a8f19', token: 't' }).next()).rejects.toMatchObject({ code: 'not_a_hub' });
  client.close();
});
