/**
 * Tests that cite what they prove. `verifies('join:idempotent', …)` runs over every way in and every engine that the
 * requirement needs; `verifies.once` is for what has no room (the program, the configuration). A house test fails on
 * a requirement that nothing cites.
 */
import { describe, test } from 'vitest';
import { REQUIREMENTS, type Requirement, type RequirementId } from '../requirements.ts';
import { ENGINES, type EngineKind } from './engines.ts';
import type { Need } from './needs.ts';
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

/**
 * So many ways in run with every engine. The others translate for the same hub: each requirement takes some of them, in
 * turn, and their engines in turn. With EVERY_WAY=1 each requirement runs every way with every engine.
 */
const THOROUGH = 2;
const IN_TURN = 2;
const EVERY = process.env['EVERY_WAY'] === '1';

/** A number for an id that does not change when others come or go. */
const turnOf = (id: string): number => [...id].reduce((sum, char) => sum + char.charCodeAt(0), 0);

type Pair = readonly [Transport, EngineKind];

/** What engines offer, and not ways in. */
const OF_ENGINES = ['durable', 'files', 'remote', 'alone'] as const satisfies readonly Need[];

const pairs = (id: RequirementId, slow: boolean): Pair[] => {
  const { needs = [] } = requirement(id);
  const engines = ENGINES.filter(({ offers }) => OF_ENGINES.every((need) => !needs.includes(need) || offers.includes(need)));
  const able = TRANSPORTS.filter(({ offers }) =>
    needs.every((need) => (OF_ENGINES as readonly Need[]).includes(need) || offers.includes(need)),
  );
  const withAll = (transport: Transport): Pair[] => engines.map((engine) => [transport, engine]);
  if (EVERY) return able.flatMap(withAll);
  const turn = turnOf(id);
  const withOne = (transport: Transport, nth: number): Pair => [transport, engines[(turn + nth) % engines.length]!];
  const thorough = able.filter((transport) => TRANSPORTS.indexOf(transport) < THOROUGH);
  if (slow) return thorough.map(withOne);
  const others = able.filter((transport) => !thorough.includes(transport));
  const rounds = Math.ceil(others.length / IN_TURN);
  return [...thorough.flatMap(withAll), ...others.filter((_, nth) => (nth + turn) % rounds === 0).map(withOne)];
};

export const verifies = (id: RequirementId, ...rest: [Body] | [Options, Body]): void => {
  const { behaviour, needs = [] } = requirement(id);
  const [options, body]: [Options, Body] = rest.length === 1 ? [{}, rest[0]] : rest;
  describe(`${id}: ${behaviour}`, () => {
    for (const [transport, engine] of pairs(id, options.slow === true)) {
      test(`${transport.name}, ${engine.name}`, async () => {
        const room = await Room.open(transport, engine, { ...options, ownStore: needs.includes('files') || needs.includes('remote') });
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
  test(`${id}: ${requirement(id).behaviour}`, async () => {
    await body();
  });
};
