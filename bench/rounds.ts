/** Turns: every target measured in every round, so that whatever disturbs the machine disturbs all of them. */

import type { Slice } from './load.ts';
import { figure, times } from './report.ts';
import { median, quantile, ratios } from './stats.ts';

/** The slices of one target, one a round. */
export type Slices = Slice[];

/**
 * Runs each of the measurements once a round. The order is turned round from one round to the next, so that no target
 * always comes after the same neighbour. The answer has the order of the question.
 */
export async function inTurns(rounds: number, measurements: readonly (() => Promise<Slice>)[]): Promise<Slices[]> {
  const slices: Slices[] = measurements.map(() => []);
  for (let round = 0; round < rounds; round++) {
    const order = measurements.map((_, index) => index);
    if (round % 2 === 1) order.reverse();
    for (const index of order) slices[index]?.push(await (measurements[index] as () => Promise<Slice>)());
  }
  return slices;
}

/** CPU a unit as a multiple of the reference's, measured in the same rounds. */
export interface Against {
  ratio: number;
  /** Where the middle half of the rounds lies. */
  spread: string;
}

/** Compares the slices of a target with those of the reference. */
export function against(slices: Slices, reference: Slices): Against {
  const cpu = (all: Slices) => all.map((slice) => slice.cpuPerUnit);
  const each = ratios(cpu(slices), cpu(reference));
  return { ratio: median(each), spread: `${quantile(each, 0.25).toFixed(2)}–${quantile(each, 0.75).toFixed(2)}` };
}

/** How much of its core the server had, in the middle round. */
function busy(slices: Slices): number {
  return median(slices.map((slice) => slice.busy));
}

/** The cells of one target: CPU a unit, multiple of the reference, units a second, how busy its core was. */
export function cells(slices: Slices, reference: Slices): string[] {
  const { ratio, spread } = against(slices, reference);
  const of = (pick: (slice: Slice) => number) => median(slices.map(pick));
  return [
    figure(of((slice) => slice.cpuPerUnit)),
    slices === reference ? '1' : `${times(ratio)} (${spread})`,
    figure(of((slice) => slice.rate)),
    `${Math.round(busy(slices) * 100)} %`,
  ];
}
