/** Commands that are ended in the middle, and output that nobody takes: no exit code says "done" of what was not. */
import { beforeAll, expect } from 'vitest';
import { builtHub } from '../harness/built.ts';
import { newHome } from '../harness/command.ts';
import { eventually } from '../harness/eventually.ts';
import { type Front, startFront } from '../harness/front.ts';
import { type HubProcess, start, startHubProcess } from '../harness/process.ts';
import { createChannel, expectCall, joinChannel, memberCall } from '../harness/rest.ts';
import { verifies } from '../harness/verifies.ts';

let hub: HubProcess;
let front: Front;
beforeAll(async () => {
  hub = await startHubProcess();
  front = await startFront(() => hub.port);
});

const joined = async () => {
  const channel = await createChannel(hub.url, { retention: 'full' });
  const home = newHome(front.url);
  expect(await home.run(['join', channel.id, 'alpha', '--token', channel.token])).toMatchObject({ code: 0 });
  return { channel, home };
};

verifies.once('cli:stopped', async () => {
  const { channel, home } = await joined();
  hub.signal('SIGSTOP');
  try {
    const ended = async (signal: NodeJS.Signals, words: readonly string[]) => {
      const before = front.passed.length;
      const program = home.launch(words);
      await eventually('the request', () => front.passed.length > before);
      return { ...(await program.end(signal)), stdout: program.stdout(), stderr: program.stderr() };
    };
    const undone = { code: 1, stdout: '', stderr: expect.stringContaining('Stopped before it was done.') };
    for (const [words, changes] of [
      [['send', 'all', 'hello'], true],
      [['create'], true],
      [['roster'], false],
      [['listen'], false],
    ] as const) {
      const done = await ended('SIGINT', words);
      expect([words, done]).toEqual([words, expect.objectContaining(undone)]);
      // What it would have changed may be changed.
      expect([words, done.stderr.includes('may have done it')]).toEqual([words, changes]);
    }
    expect(await ended('SIGTERM', ['join', channel.id, 'bravo'])).toMatchObject(undone);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) expect(await ended(signal, ['wait'])).toMatchObject({ code: 9, stdout: '' });
    for (const words of [['tail'], ['listen', '--follow']]) expect(await ended('SIGINT', words)).toMatchObject({ code: 0 });
  } finally {
    hub.signal('SIGCONT');
  }
});

verifies.once('cli:unwritten', async () => {
  const { channel, home } = await joined();
  const peer = await joinChannel(hub.url, channel, 'peer');
  const { id } = await expectCall(hub.url, memberCall(peer, { path: 'send', body: { to: 'alpha', message: 'hello' } }));
  const into = async (where: string, ...words: string[]) => {
    const line = `"$0" "$@" ${where}`;
    const program = start('bash', ['-c', line, process.execPath, builtHub(), ...words], { env: home.env });
    return { ...(await program.ended), stderr: program.stderr() };
  };
  for (const words of [['roster'], ['transcript', '--json'], ['listen'], ['listen', '--follow']]) {
    const done = await into('> /dev/full', ...words);
    expect([words, done]).toEqual([words, { code: 1, signal: null, stderr: expect.stringContaining('cannot be written') }]);
  }
  // It was shown to nobody, so it comes again.
  expect((await home.run(['listen', '--timeout', '0', '--json'])).stdout).toContain(`"id":${id},`);
  expect(await into('| true; exit $PIPESTATUS', 'transcript')).toEqual({ code: 0, signal: null, stderr: '' });
});
