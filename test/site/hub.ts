/** A hub for the pages, and people on it who are no browsers. */
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { beforeAll } from 'vitest';
import { afterEachFile } from '../harness/ends.ts';
import { type HubProcess, startHubProcess } from '../harness/process.ts';
import { createChannel, expectCall, joinChannel, memberCall, type TestChannel, type TestMember } from '../harness/rest.ts';

export const ADMIN_TOKEN = 'an-admin-token-for-tests';

/** A hub for the tests of a file. */
export const hubForFile = (args: readonly string[] = []): (() => HubProcess) => {
  let hub: HubProcess | null = null;
  beforeAll(async () => {
    hub = await startHubProcess({ args: ['--limits', 'off', '--admin-token', ADMIN_TOKEN, ...args] });
  });
  return () => hub!;
};

/** The console of a channel, with its token. */
export const consoleOf = ({ id, token }: TestChannel): string => `/c/${id}#${token}`;

export const say = (url: string, member: TestMember, to: string, message: string, more: object = {}): Promise<{ id: number }> =>
  expectCall(url, memberCall(member, { path: 'send', body: { to, message, ...more } }));

/** A channel with these on it. */
export const talkOf = async (
  url: string,
  settings: Parameters<typeof createChannel>[1],
  ...callsigns: string[]
): Promise<[TestChannel, ...TestMember[]]> => {
  const channel = await createChannel(url, settings);
  const members: TestMember[] = [];
  for (const callsign of callsigns) members.push(await joinChannel(url, channel, callsign));
  return [channel, ...members];
};

const agents = new Set<Agent>();
afterEachFile(() => {
  for (const agent of agents) agent.destroy();
  agents.clear();
});

/** Sends many messages over few connections, in order. @returns when the last one is stored */
export const sayMany = async (url: string, member: TestMember, count: number, text: (n: number) => string): Promise<void> => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  agents.add(agent);
  const { hostname, port } = new URL(url);
  for (let n = 0; n < count; n++) {
    const asked = request({
      agent,
      hostname,
      port,
      method: 'POST',
      path: `${member.channel.path}/send`,
      headers: { Authorization: `Bearer ${member.channel.token}`, 'X-Session-Id': member.session },
    });
    asked.end(JSON.stringify({ to: 'all', message: text(n) }));
    const [response] = await once(asked, 'response');
    if (response.statusCode !== 200) throw new Error(`message ${n} was refused with ${response.statusCode}`);
    response.resume();
    await once(response, 'end');
  }
};
