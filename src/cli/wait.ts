/** `rogerthat wait`: ends when there is mail. For a background shell command that an agent is woken by. */
import { Backoff, isPassingAtHub, pause } from '../client/backoff.ts';
import { LinkError } from '../client/errors.ts';
import type { Input } from '../client/operations.ts';
import type { Context } from './context.ts';
import { CliError } from './exit.ts';
import { printAnswer } from './heard.ts';
import { type Reader, readerOf } from './reader.ts';

const waitFor = async (context: Context, reader: Reader): Promise<void> => {
  const { signal } = reader;
  const { fields } = context.typed;
  // Time that is over before it begins is asked of no hub.
  if (Number(fields['timeout']) < 0) throw new CliError('usage', '--timeout is a number of seconds, from 0.');
  const { seat } = context.seat();
  const since = fields['since'] === undefined ? seat.state.cursor : String(fields['since']);
  const until = typeof fields['timeout'] === 'number' ? performance.now() + fields['timeout'] * 1000 : Number.POSITIVE_INFINITY;
  const backoff = new Backoff();
  // The first answer comes at once: a session that is over is renewed before anything is waited for.
  let first = true;
  for (;;) {
    try {
      const left = Math.ceil((until - performance.now()) / 1000);
      const timeout = Number.isFinite(left) ? { timeout: Math.max(0, left) } : {};
      const { value, text } = first
        ? await seat.insist('listen', { ...fields, since, timeout: 0 } as Input<'listen'>, { signal })
        : await seat.ask('wait', { ...fields, since, ...timeout } as Input<'wait'>, { signal });
      first = false;
      backoff.reset();
      if (value.messages.length > 0 || value.gap) {
        reader.check();
        await printAnswer(context, value, text);
        seat.moveTo(value.cursor);
        return;
      }
      if (value.superseded) throw new LinkError('superseded', 'A newer listener of this session took its place.');
      if (value.ended) throw new LinkError('shutdown', 'The hub is going down.');
      if (performance.now() >= until) throw new CliError('nothing', 'No mail came in time.');
    } catch (error) {
      if (first || !isPassingAtHub(error)) throw error;
      if (performance.now() >= until) throw new CliError('nothing', 'No mail came in time.', error.detail);
      const ms = backoff.next(error);
      context.trouble(error, ms);
      await pause(ms, signal);
    }
  }
};

export const run = async (context: Context): Promise<void> => {
  const reader = readerOf(context);
  await waitFor(context, reader).finally(() => reader.forget());
};
