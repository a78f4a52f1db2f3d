/** Every engine. A new one is a line here; the behaviour suite and the suite of the port then run over it too. */
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/core/clock.ts';
import type { Engine } from '../../src/core/engine.ts';
import type { Limits } from '../../src/core/limits.ts';
import { type LocalEngine, openLocal } from '../../src/engines/local/index.ts';
import type { Need } from './needs.ts';

/** A place where an engine keeps things, for one test. */
export interface Shelf {
  /** Where its files are; null when it has none. */
  readonly directory: string | null;
  open(clock: Clock, limits: Limits, report: (error: unknown) => void): Promise<Engine>;
  /** The process of this engine dies: nothing more is written. */
  crash(engine: Engine): Promise<void>;
  /** Removes everything. */
  clear(): Promise<void>;
}

export interface EngineKind {
  readonly name: string;
  readonly offers: readonly Need[];
  shelf(): Promise<Shelf>;
}

/** A place where a sync costs nothing, if there is one. What real disks do is for the crash tests. */
const scratch = ((): string => {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
})();

const localShelf = (base: string | null): Shelf => {
  // The engine makes its own directory.
  const directory = base === null ? null : join(base, 'data');
  return {
    directory,
    open: async (clock, limits, report) => openLocal({ directory, limits, clock, report }),
    crash: async (engine) => (engine as LocalEngine).abandon(),
    clear: async () => {
      if (base !== null) rmSync(base, { recursive: true, force: true });
    },
  };
};

export const ENGINES: readonly EngineKind[] = [
  { name: 'local in memory', offers: [], shelf: async () => localShelf(null) },
  { name: 'local on disk', offers: ['durable'], shelf: async () => localShelf(mkdtempSync(join(scratch, 'rogerthat-'))) },
];
