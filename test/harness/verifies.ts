/**
 * Tests that cite what they prove. `verifies('join:idempotent', …)` runs over every way in and every engine that the
 * requirement needs; `verifies.once` is for what has no room (the program, the configuration). A house test fails on
 * a requirement that nothing cites.
 */
import { describe, test } from 'vitest';
import { REQUIREMENTS, type Requirement, type RequirementId } from '../requirements.ts';
import { ENGINES, type EngineKind } from './engines.ts';
import { Room, type RoomOptions } from './room.ts';
import type { Transport } from './transports/wire.ts';
import { TRANSPORTS } from './transports.ts';

type Body = (room: Room) => Promise<void>;

const requirement = (id: RequirementId): Requirement => {
  const found: Requirement | undefined = REQUIREMENTS[id];
  if (!found) throw new Error(`test/requirements.ts has no ${id}`);
  return found;
};

interface Options extends RoomOptions {
  /** Checking an owner password takes a quarter of a second: a few ways and engines, not each with each. */
  readonly slow?: true;
}

/** So many ways in run with every engine. The others translate for the same hub: they take the engines in turn. */
const THOROUGH = 2;

const pairs = (id: RequirementId, slow: boolean): (readonly [Transport, EngineKind])[] => {
  const { needs = [] } = requirement(id);
  const engines = ENGINES.filter(({ offers }) => !needs.includes('durable') || offers.includes('durable'));
  const turn = Object.keys(REQUIREMENTS).indexOf(id);
  return TRANSPORTS.flatMap((transport, rank) => {
    if (!needs.every((need) => need === 'durable' || transport.offers.includes(need))) return [];
    if (rank < THOROUGH && !slow) return engines.map((engine) => [transport, engine] as const);
    return rank < THOROUGH || !slow ? [[transport, engines[(turn + rank) % engines.length]!] as const] : [];
  });
};

export const verifies = (id: RequirementId, ...rest: [Body] | [Options, Body]): void => {
  const { behaviour } = requirement(id);
  const [options, body]: [Options, Body] = rest.length === 1 ? [{}, rest[0]] : rest;
  describe(`${id}: ${behaviour}`, () => {
    for (const [transport, engine] of pairs(id, options.slow === true)) {
      test(`${transport.name}, ${engine.name}`, { timeout: 20_000 }, async () => {
        const room = await Room.open(transport, engine, options);
        try {
          await body(room);
        } catch (error) {
          await room.close().catch(() => {});
          throw error;
        }
        await room.close();
      });
    }
  });
};

verifies.once = (id: RequirementId, body: () => Promise<void> | void): void => {
  test(`${id}: ${requirement(id).behaviour}`, { timeout: 20_000 }, async () => {
    await body();
  });
};
