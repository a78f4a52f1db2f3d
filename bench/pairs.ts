/** Pairs of agents, and servers that have talked enough to be as fast as they get. */

import { type Pair, type Slice, talk } from './load.ts';
import type { Target } from './target.ts';

const PAIRS = 50;
const SLICE_MS = 500;

/** Makes `count` channels with alpha and bravo on each. */
export async function pairsOf(target: Target, count: number): Promise<Pair[]> {
  const channels = await target.channels(count);
  const mouths = await target.join(channels.map((channel) => ({ channel, callsign: 'alpha' })));
  const ears = await target.join(channels.map((channel) => ({ channel, callsign: 'bravo' })));
  return mouths.map((mouth, at) => ({ mouth, ear: ears[at] as Pair['ear'] }));
}

/** Makes a server warm with pairs on channels of their own. */
export async function warm(target: Target, messages: number): Promise<void> {
  const lanes = (await pairsOf(target, PAIRS)).map((pair) => [pair]);
  await warmWith(() => talk(target.server, lanes, SLICE_MS), messages);
}

/**
 * Repeats a load until it came to so many messages, or for 12 s. Code of any size is compiled in steps, the last of them
 * after ten thousands of calls; a hub that was started a second ago takes twice the CPU of one that has run.
 */
export async function warmWith(load: () => Promise<Slice>, messages: number): Promise<void> {
  const deadline = performance.now() + 12_000;
  for (let sent = 0; sent < messages && performance.now() < deadline; ) sent += (await load()).units;
}
