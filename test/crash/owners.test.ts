/** An owner's step that was answered is there again after kill -9 in the same instant: R-OWNER-9, R-GUARD-6, R-TRUST-5. */
import { describe, expect, test } from 'vitest';
import { startStation } from '../harness/process.ts';
import { type Call, call, createChannel, expectCall, type TestChannel } from '../harness/rest.ts';

const owner = (channel: TestChannel, path: string, body: object = {}, method = 'POST'): Call => ({
  method,
  path: channel.path + path,
  token: channel.ownerToken,
  body,
});

describe.each(['none', 'full'])('kill -9 after each step, retention %s', (retention) => {
  test('R-OWNER-9: what was answered stands', async () => {
    const station = await startStation();
    const kill = async (): Promise<string> => {
      await station.restart('SIGKILL');
      return station.url();
    };
    let url = await station.url();
    const channel = await createChannel(url, { retention });
    const join = (callsign: string, fields: object = {}, token = channel.token): Call => ({
      path: `${channel.path}/join`,
      token,
      body: { callsign, ...fields },
    });

    const bound = await expectCall(url, join('bound', { new_identity: true }));
    const alpha = await expectCall(url, join('alpha'));
    url = await kill();
    expect(await call(url, join('bound'))).toMatchObject({ status: 409, body: { code: 'callsign_taken' } });
    await expectCall(url, join('bound', { identity_key: bound.identity.identity_key }));

    await expectCall(url, owner(channel, '/guards', { factor: 7 }));
    url = await kill();
    expect(await expectCall(url, { path: `${channel.path}/guards`, token: channel.ownerToken })).toMatchObject({ factor: 7 });

    const send: Call = { path: `${channel.path}/send`, token: channel.token, session: alpha.session_id, body: { to: 'all', message: 'x' } };
    await expectCall(url, owner(channel, '/pause'));
    url = await kill();
    expect(await call(url, send)).toMatchObject({ status: 423, body: { code: 'channel_paused' } });
    await expectCall(url, owner(channel, '/resume'));
    url = await kill();
    await expectCall(url, send);

    await expectCall(url, owner(channel, '/kick', { callsign: 'alpha', ban: true }));
    url = await kill();
    expect(await call(url, send)).toMatchObject({ status: 403, body: { code: 'kicked' } });
    expect(await call(url, join('alpha'))).toMatchObject({ status: 403, body: { code: 'kicked' } });

    const { join_token: next } = await expectCall(url, owner(channel, '/rotate-token'));
    url = await kill();
    expect(await call(url, join('bravo'))).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    await expectCall(url, join('bravo', {}, next));

    await expectCall(url, owner(channel, '', {}, 'DELETE'));
    url = await kill();
    expect(await call(url, join('bravo', {}, next))).toMatchObject({ status: 401, body: { detail: 'The owner closed this channel.' } });
    if (retention === 'full') {
      const { events } = await expectCall(url, { path: `${channel.path}/transcript`, token: next });
      const types = events.map(({ type }: { type: string }) => type);
      expect(types.filter((type: string) => !/join|message/.test(type))).toEqual([
        ...['channel_created', 'pause', 'resume', 'kick', 'rotate', 'close'],
      ]);
    }
    await station.hub.end('SIGKILL');
  });
});
