/** What tests of requests share: a hub with something worth stealing, bytes to it, and what every refusal must be. */
import { expect } from 'vitest';
import { ERRORS } from '../../src/core/errors.ts';
import { exchange, type RawAnswer } from './exchange.ts';
import { type HubProcess, startHubProcess } from './process.ts';
import { createChannel, joinChannel, type TestChannel, type TestMember } from './rest.ts';

/** Words that stand in messages; they must come up in no log. */
export const WORDS = 'the quick brown secret';

export interface Target {
  readonly hub: HubProcess;
  /** As it belongs into `Host`. */
  readonly host: string;
  readonly channel: TestChannel;
  readonly alpha: TestMember;
  readonly bravo: TestMember;
  /** Everything that opens something. */
  readonly secrets: readonly string[];
}

export const openTarget = async (args: readonly string[] = []): Promise<Target> => {
  const hub = await startHubProcess({ args: ['--limits', 'off', '--log-level', 'debug', ...args] });
  const channel = await createChannel(hub.url, { retention: 'metadata', owner_password: 'correct horse battery' });
  const [alpha, bravo] = [await joinChannel(hub.url, channel, 'alpha'), await joinChannel(hub.url, channel, 'bravo')];
  const secrets = [channel.token, channel.ownerToken, alpha.session, bravo.session, 'correct horse battery'];
  return { hub, host: `127.0.0.1:${hub.port}`, channel, alpha, bravo, secrets };
};

/** Lines and a body as the bytes of a request; the lines are sent as they are. */
export const bytesOf = (lines: readonly string[], body: string | Uint8Array = ''): Uint8Array =>
  Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body)]);

export const ask = (target: Target, lines: readonly string[], body?: string | Uint8Array): Promise<RawAnswer> =>
  exchange(target.hub.port, bytesOf(lines, body), { bodiless: lines[0]?.startsWith('HEAD ') ?? false });

/** Headers of a call that would be right. */
export const proper = ({ host, channel, alpha }: Target): string[] => [
  `Host: ${host}`,
  'Connection: close',
  `Authorization: Bearer ${channel.token}`,
  `X-Session-Id: ${alpha.session}`,
];

/** A POST with a body, right but for what the caller adds. */
export const post = (target: Target, path: string, body: string | Uint8Array, ...headers: string[]): Promise<RawAnswer> =>
  ask(target, [`POST ${path} HTTP/1.1`, ...proper(target), `Content-Length: ${Buffer.byteLength(body)}`, ...headers], body);

export const get = (target: Target, path: string, ...headers: string[]): Promise<RawAnswer> =>
  ask(target, [`GET ${path} HTTP/1.1`, ...proper(target), ...headers]);

/** R-REQ-5 and R-REQ-16: what is on every answer of the API, and what on none. */
export const expectApiHeaders = ({ headers }: RawAnswer): void => {
  expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  expect(Object.keys(headers).filter((name) => /^access-control-|^x-powered-by$|^server$/.test(name))).toEqual([]);
};

/** R-ERR-1, R-ERR-2, R-ERR-5: a refusal that an agent can act on and that gives nothing away. */
export const expectProblem = (target: Target, answer: RawAnswer, status: number, code?: string): void => {
  expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/problem+json']);
  expectApiHeaders(answer);
  for (const secret of target.secrets) expect(answer.body).not.toContain(secret);
  expect(answer.body).not.toMatch(/node_modules|\.[jt]s:[0-9]+|\bat [A-Z][A-Za-z]+\./);
  if (answer.body === '') return;
  const problem = JSON.parse(answer.body);
  expect(Object.keys(problem)).toEqual(['type', 'title', 'status', 'detail', 'code', 'hint', 'request_id']);
  expect(Object.keys(ERRORS)).toContain(problem.code);
  expect(problem.status).toBe(status);
  expect(problem.type).toMatch(new RegExp(`^http://[^/]+/docs/errors#${problem.code}$`));
  for (const text of [problem.title, problem.detail, problem.hint, problem.request_id]) expect(text).toMatch(/\S/);
  if (code !== undefined) expect(problem.code).toBe(code);
};

/** Nothing moved and nobody came or went: the last thing each of these tests asks. */
export const expectUnharmed = async (target: Target): Promise<void> => {
  const { hub, bravo } = target;
  const answer = await exchange(hub.port, bytesOf([`GET ${bravo.channel.path}/roster HTTP/1.1`, ...proper(target)]));
  expect(JSON.parse(answer.body).roster.map(({ callsign }: { callsign: string }) => callsign)).toEqual(['alpha', 'bravo']);
  expect(hub.stderr()).not.toMatch(/"event":"(?:bug|storage)"/);
  for (const secret of [...target.secrets, WORDS]) expect(hub.stderr() + hub.stdout()).not.toContain(secret);
};
