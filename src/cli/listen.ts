/** `rogerthat listen`: hears once, or goes on; to the terminal, to a file, to a command. */

import { LinkError } from '../client/errors.ts';
import { follow } from '../client/follow.ts';
import type { HeardAnswer, Input, WireGap, WireMessage } from '../client/operations.ts';
import type { Seat } from '../client/seat.ts';
import type { Context } from './context.ts';
import { CliError } from './exit.ts';
import { printAnswer, printMessages } from './heard.ts';
import { gapLine } from './radio.ts';
import { readerOf } from './reader.ts';

/** Takes messages; confirms each that needs no more of us. */
interface Sink {
  take(messages: readonly WireMessage[], confirm: (through: WireMessage) => void): Promise<void>;
  close(): Promise<void>;
}

const sinkOf = async (context: Context, seat: Seat): Promise<Sink | null> => {
  const file = context.option('jsonl');
  const command = context.option('exec');
  const tries = Number(context.option('exec-tries') ?? 5);
  if (!Number.isInteger(tries) || tries < 1) throw new CliError('usage', '--exec-tries must be a whole number from 1.');
  const lines = file === undefined ? null : new (await import('./jsonl.ts')).JsonLines(file);
  const runner = command === undefined ? null : new (await import('./exec.ts')).Runner(context, seat, command, tries);
  if (!lines && !runner) return null;
  return {
    async take(messages, confirm) {
      lines?.append(messages);
      const last = messages.at(-1);
      if (!runner && last) confirm(last);
      for (const message of runner ? messages : []) {
        await runner?.run(message);
        confirm(message);
      }
    },
    async close() {
      lines?.close();
    },
  };
};

const tellGap = (context: Context, gap: WireGap | null): void => {
  if (gap) context.note(gapLine(gap));
};

/** One answer into the sink; what it took is confirmed at once. */
const once = async (context: Context, seat: Seat, heard: HeardAnswer, sink: Sink): Promise<void> => {
  tellGap(context, heard.gap);
  let done = seat.state.cursor;
  try {
    await sink.take(heard.messages, (through) => {
      done = String(through.id);
    });
    done = heard.cursor;
  } finally {
    if (done !== seat.state.cursor) {
      seat.moveTo(done);
      await seat.insist('ack', { id: done });
    }
  }
};

export const run = async (context: Context): Promise<void> => {
  const { seat } = context.seat();
  const { fields, options } = context.typed;
  const since = fields['since'] === undefined ? seat.state.cursor : String(fields['since']);
  const sink = await sinkOf(context, seat);
  const reader = sink ? null : readerOf(context);
  const { signal } = reader ?? context;
  try {
    if (options['follow'] !== true) {
      const { value, text } = await seat.insist('listen', { ...fields, since } as Input<'listen'>, { signal });
      if (value.superseded) throw new LinkError('superseded', 'A newer listener of this session took its place.');
      if (sink) return await once(context, seat, value, sink);
      reader?.check();
      await printAnswer(context, value, text);
      // Printed is not read: the next listen says that we came so far.
      seat.moveTo(value.cursor);
      return;
    }
    if (fields['timeout'] !== undefined) throw new CliError('usage', '--timeout is for one listen; --follow goes on.');
    context.note(`${seat.state.callsign} listens on ${seat.state.channelId}.`);
    const limit = fields['limit'] as number | undefined;
    for await (const batch of follow(seat, { since, signal, limit, onTrouble: context.trouble })) {
      if (sink) {
        tellGap(context, batch.gap);
        await sink.take(batch.messages, batch.confirm);
      } else {
        reader?.check();
        await printMessages(context, batch.messages, batch.gap);
      }
      batch.confirm();
    }
    reader?.check();
  } finally {
    reader?.forget();
    await sink?.close();
  }
};
