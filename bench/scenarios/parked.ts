/** What it costs in memory that somebody waits. */

import { guarded, hear } from '../load.ts';
import { openFilesLimit } from '../machine.ts';
import { warm } from '../pairs.ts';
import { figure, type Section, type Setting, times } from '../report.ts';
import { type Server, startHub, startRaw } from '../servers.ts';
import { median, pause } from '../stats.ts';
import { type Agent, hubTarget, rawTarget, type Target } from '../target.ts';
import { Wire } from '../wire.ts';

const LISTENERS = 10_000;
const QUICK_LISTENERS = 2_000;

/** Memory is read after each of so many steps. */
const STEPS = 10;
const QUICK_STEPS = 4;
const CHANNELS = 10;

/** Connections opened before the next ones are; a burst beyond the accept queue would be lost. */
const BURST = 250;

interface Weight {
  /** KiB of resident memory a listener, one entry a step. */
  steps: number[];
  /** KiB a listener from the first to the last, over what the seats before them left behind. */
  whole: number;
}

/** Measures resident memory a parked listener, 10,000 of them on 10 channels. */
export async function parked({ quick, warmth, say }: Setting): Promise<Section> {
  const steps = quick ? QUICK_STEPS : STEPS;
  const listeners = Math.min(quick ? QUICK_LISTENERS : LISTENERS, openFilesLimit() - 500);
  say(`${listeners} listeners`);
  const reference = await weigh(rawTarget(await startRaw({ collectable: true })), listeners, steps, warmth);
  const measured = await weigh(hubTarget(await startHub({ collectable: true })), listeners, steps, warmth);
  const [raw, hub] = [median(reference.steps), median(measured.steps)];
  const count = listeners.toLocaleString('en-US');
  const step = (listeners / steps).toLocaleString('en-US');
  return {
    title: 'Parked listeners',
    method:
      `${count} agents on ${CHANNELS} channels, each with one \`listen\` parked on a connection of its own, on a server that ` +
      `has been in use and holds their seats already. Resident memory (\`VmRSS\`) is read after every ${step} of them, each ` +
      'time after the server collected its garbage; a listener takes the median of the steps. The last column is the growth ' +
      'from none to all: lower, because the first of them move into memory that was freed before. At the end each channel ' +
      'hears a broadcast and every listener must be answered, so all of them were really there.',
    table: {
      columns: ['server', 'KiB a parked listener', '× node:http', 'KiB, growth over all'],
      rows: [
        ['node:http', figure(raw), '1', figure(reference.whole)],
        ['hub', figure(hub), times(hub / raw), figure(measured.whole)],
      ],
    },
    goals: [{ goal: 'a parked listener takes ≤ 10 KiB', figure: `${figure(hub)} KiB`, met: hub <= 10 }],
    remarks: ['Every parked listener also takes one file descriptor, and that is the first ceiling a big hub meets (`ulimit -n`).'],
  };
}

async function weigh(target: Target, listeners: number, steps: number, warmth: number): Promise<Weight> {
  const { server } = target;
  await warm(target, warmth / 3);
  const channels = await target.channels(CHANNELS);
  const seats = Array.from({ length: listeners }, (_, at) => {
    const channel = channels[at % channels.length];
    if (!channel) throw new Error('no channel was made');
    return { channel, callsign: `ear-${at}` };
  });
  const crowd = await target.join(seats);
  const voices = await target.join(channels.map((channel) => ({ channel, callsign: 'voice' })));
  const { wires, heard, sizes } = await park(server, crowd, listeners / steps);
  await release(server, voices, heard);
  for (const wire of wires) wire.close();
  await server.stop();
  const grown = sizes.slice(1).map((size, at) => (size - (sizes[at] as number)) / (listeners / steps));
  return { steps: grown, whole: ((sizes.at(-1) as number) - (sizes[0] as number)) / listeners };
}

const LAST_WORDS = 'that was all, over and out';

/** Parks them all, `step` at a time; `sizes` is the resident memory before the first step and after each. */
async function park(server: Server, crowd: readonly Agent[], step: number) {
  const wires: Wire[] = [];
  const heard: Promise<void>[] = [];
  const sizes: number[] = [];
  let early: unknown;
  const weigh = async () => {
    await server.quiet();
    await server.collect();
    sizes.push(server.rss());
    if (early) throw early;
  };
  await weigh();
  for (const agent of crowd) {
    const wire = new Wire(server.port);
    wires.push(wire);
    const answered = hear(wire, agent, LAST_WORDS);
    answered.catch((error: unknown) => {
      early ??= error;
    });
    heard.push(answered);
    if (wires.length % BURST === 0) await pause(30);
    if (wires.length % step === 0) await weigh();
  }
  return { wires, heard, sizes };
}

async function release(server: Server, voices: readonly Agent[], heard: readonly Promise<void>[]): Promise<void> {
  const mouth = new Wire(server.port);
  for (const voice of voices) {
    await guarded([new Promise<void>((resolve, reject) => mouth.ask(voice.send('all', LAST_WORDS), () => resolve(), reject))]);
  }
  await guarded(heard);
  mouth.close();
}
