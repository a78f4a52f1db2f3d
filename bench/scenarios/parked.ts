/** What it costs in memory that somebody waits. */

import { guarded, hear } from '../load.ts';
import { openFilesLimit } from '../machine.ts';
import { figure, type Section, type Setting, times } from '../report.ts';
import { type Server, startHub, startRaw } from '../servers.ts';
import { median, pause } from '../stats.ts';
import { type Agent, hubTarget, rawTarget, type Target } from '../target.ts';
import { Wire } from '../wire.ts';

const LISTENERS = 10_000;
const QUICK_LISTENERS = 4_000;
const A_CHANNEL = 1_000;

/** Connections opened before the next ones are; a burst beyond the accept queue would be lost. */
const BURST = 250;

interface Weight {
  /** KiB of resident memory that parking a listener added, as it stands. */
  parked: number;
  /** The same after both sides were made to collect their garbage. */
  live: number;
  /** KiB that a seat takes before anybody listens. */
  seat: number;
}

/** Measures resident memory a parked listener, 10,000 of them on 10 channels. */
export async function parked({ quick, say }: Setting): Promise<Section> {
  const rounds = quick ? 1 : 3;
  const listeners = Math.min(quick ? QUICK_LISTENERS : LISTENERS, openFilesLimit() - 500);
  say(`${listeners} listeners, ${rounds} round(s)`);
  const weights: { raw: Weight[]; hub: Weight[] } = { raw: [], hub: [] };
  for (let round = 0; round < rounds; round++) {
    weights.raw.push(await weigh(await startRaw({ collectable: true }), rawTarget, listeners));
    weights.hub.push(await weigh(await startHub({ collectable: true }), hubTarget, listeners));
  }
  const of = (all: readonly Weight[], pick: keyof Weight) => median(all.map((weight) => weight[pick]));
  const hub = of(weights.hub, 'parked');
  const ratio = hub / of(weights.raw, 'parked');
  const count = listeners.toLocaleString('en-US');
  return {
    title: 'Parked listeners',
    method:
      `${count} agents on ${Math.ceil(listeners / A_CHANNEL)} channels, each with one \`listen\` parked on a connection of ` +
      'its own. A fresh server for each round; resident memory (`VmRSS`) before and after the parking, both servers told ' +
      'to collect their garbage before, and in the last column but one again after it. At the end each channel hears a ' +
      'broadcast and every listener must be answered, so all of them were really there.',
    table: {
      columns: ['server', 'KiB a parked listener', '× node:http', 'KiB, garbage collected', 'KiB a seat besides'],
      rows: [
        ['node:http', figure(of(weights.raw, 'parked')), '1', figure(of(weights.raw, 'live')), '–'],
        ['hub', figure(hub), times(ratio), figure(of(weights.hub, 'live')), figure(of(weights.hub, 'seat'))],
      ],
    },
    goals: [{ goal: 'a parked listener takes ≤ 10 KiB', figure: `${figure(hub)} KiB`, met: hub <= 10 }],
    remarks: [
      'A seat is what an agent takes on a channel whether it listens or not: session, mailbox, presence. Every parked ' +
        'listener also takes one file descriptor, and that is the first ceiling a big hub meets (`ulimit -n`).',
    ],
  };
}

async function weigh(server: Server, targetOf: (server: Server) => Target, listeners: number): Promise<Weight> {
  const target = targetOf(server);
  await warm(server, target);
  const empty = server.rss();
  const channels = await target.channels(Math.ceil(listeners / A_CHANNEL));
  const seats = Array.from({ length: listeners }, (_, at) => {
    const channel = channels[at % channels.length];
    if (!channel) throw new Error('no channel was made');
    return { channel, callsign: `ear-${at}` };
  });
  const crowd = await target.join(seats);
  const voices = await target.join(channels.map((channel) => ({ channel, callsign: 'voice' })));
  await server.quiet();
  await server.collect();
  const before = server.rss();

  const { wires, heard } = await park(server, crowd);
  const after = server.rss();
  await server.collect();
  const collected = server.rss();
  await release(server, voices, heard);
  for (const wire of wires) wire.close();
  await server.stop();
  return {
    parked: (after - before) / listeners,
    live: (collected - before) / listeners,
    seat: (before - empty) / listeners,
  };
}

/** Some thousand requests, so that code and heap have the size they have in use. */
async function warm(server: Server, target: Target): Promise<void> {
  const [channel] = await target.channels(1);
  if (!channel) throw new Error('no channel was made');
  const [alpha] = await target.join([{ channel, callsign: 'alpha' }]);
  const [bravo] = await target.join([{ channel, callsign: 'bravo' }]);
  if (!alpha || !bravo) throw new Error('nobody joined');
  const [mouth, ear] = [new Wire(server.port), new Wire(server.port)];
  for (let sent = 0; sent < 3_000; sent++) {
    const heard = hear(ear, bravo, `warm ${sent}.`);
    const said = new Promise<void>((resolve, reject) => mouth.ask(alpha.send('bravo', `warm ${sent}.`), () => resolve(), reject));
    await guarded([heard, said]);
  }
  mouth.close();
  ear.close();
  await server.quiet();
  await server.collect();
}

const LAST_WORDS = 'that was all, over and out';

async function park(server: Server, crowd: readonly Agent[]) {
  const wires: Wire[] = [];
  const heard: Promise<void>[] = [];
  let early: unknown;
  for (const agent of crowd) {
    const wire = new Wire(server.port);
    wires.push(wire);
    const answered = hear(wire, agent, LAST_WORDS);
    answered.catch((error: unknown) => {
      early ??= error;
    });
    heard.push(answered);
    if (wires.length % BURST === 0) await pause(30);
  }
  await server.quiet();
  if (early) throw early;
  return { wires, heard };
}

async function release(server: Server, voices: readonly Agent[], heard: readonly Promise<void>[]): Promise<void> {
  const mouth = new Wire(server.port);
  for (const voice of voices) {
    await guarded([new Promise<void>((resolve, reject) => mouth.ask(voice.send('all', LAST_WORDS), () => resolve(), reject))]);
  }
  await guarded(heard);
  mouth.close();
}
