/**
 * Files of the data directory that are removed, moved or replaced while the hub runs: nothing is acknowledged into a file that nobody will
 * find again (R-ERR-12), and no second hub writes beside the first (R-RUN-12).
 */
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { type HubProcess, startHubProcess, temporaryDirectory } from '../harness/process.ts';
import { call, createChannel, expectCall, joinChannel, memberCall, type Reply } from '../harness/rest.ts';

/** A hub with a channel that keeps everything, and who talks there. */
const talk = async (directory: string) => {
  const hub = await startHubProcess({ directory });
  const channel = await createChannel(hub.url, { retention: 'full' });
  const alpha = await joinChannel(hub.url, channel, 'alpha');
  let n = 0;
  const acknowledged: string[] = [];
  const send = async (url: string): Promise<Reply> => {
    const message = `message ${++n}`;
    const reply = await call(url, memberCall(alpha, { path: 'send', body: { to: 'all', message } }));
    if (reply.status === 200) acknowledged.push(message);
    return reply;
  };
  const kept = async (url: string): Promise<string[]> => {
    const { events } = await expectCall(url, { path: `${channel.path}/transcript`, token: channel.token });
    return events.flatMap(({ text }: { text?: string }) => (text === undefined ? [] : [text]));
  };
  await send(hub.url);
  return { hub, send, acknowledged, kept };
};

const refusedAtLast = (hub: HubProcess, send: (url: string) => Promise<Reply>): Promise<void> =>
  eventually('a send to be refused', async () => {
    const { status, body } = await send(hub.url);
    if (status === 200) return false;
    expect(body).toMatchObject({ status: 503, code: 'storage_unavailable' });
    return true;
  });

test.each(['hub.lock', 'rogerthat.db', 'rogerthat.db-wal', 'rogerthat.db-shm'])(
  'R-ERR-12: without %s nothing is stored, the hub says so, and goes on when it is back',
  async (name) => {
    const directory = temporaryDirectory();
    const { hub, send, acknowledged, kept } = await talk(directory);
    const aside = `${temporaryDirectory()}/aside`;
    renameSync(join(directory, name), aside);
    await refusedAtLast(hub, send);
    const { status, body } = await call(hub.url, { path: '/readyz' });
    expect({ status, trouble: body.trouble }).toEqual({
      status: 503,
      trouble: `cannot write to the data directory: ${name} was removed or replaced while the hub runs. Put it back, or start the hub anew.`,
    });
    renameSync(aside, join(directory, name));
    expect((await send(hub.url)).status).toBe(200);
    expect((await call(hub.url, { path: '/readyz' })).status).toBe(200);
    await hub.end('SIGTERM');
    const next = await startHubProcess({ directory });
    expect(await kept(next.url)).toEqual(acknowledged);
    await next.end('SIGKILL');
  },
);

test('R-ERR-12: a hub that nobody writes to sees it as well', async () => {
  const directory = temporaryDirectory();
  const { hub } = await talk(directory);
  rmSync(directory, { recursive: true });
  const { status, body } = await call(hub.url, { path: '/readyz' });
  expect({ status, trouble: body.trouble }).toMatchObject({ status: 503, trouble: expect.stringContaining('was removed or replaced') });
  await hub.end('SIGTERM');
  expect(existsSync(directory)).toBe(false);
});

test('R-ERR-12: a database that is put in place of a running one takes nothing, and is not written', async () => {
  const directory = temporaryDirectory();
  const { hub, send, acknowledged } = await talk(directory);
  const path = join(directory, 'rogerthat.db');
  copyFileSync(path, `${path}.restored`);
  renameSync(`${path}.restored`, path);
  await refusedAtLast(hub, send);
  expect(acknowledged.length).toBeGreaterThan(0);
  await hub.end('SIGTERM');
});

test('R-RUN-12: with the lock removed, a second hub may start, and the first stores nothing more', async () => {
  const directory = temporaryDirectory();
  const { hub, send, acknowledged, kept } = await talk(directory);
  rmSync(join(directory, 'hub.lock'));
  await refusedAtLast(hub, send);
  const second = await startHubProcess({ directory });
  await send(hub.url);
  await send(second.url);
  await hub.end('SIGTERM');
  await send(second.url);
  expect(await kept(second.url)).toEqual(acknowledged);
  await second.end('SIGKILL');
  const next = await startHubProcess({ directory });
  expect(await kept(next.url)).toEqual(acknowledged);
  await next.end('SIGKILL');
});
