/** A real embedded engine on a real directory, with a window into its memory and a hand on its disk. */
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../src/core/clock.ts';
import type { Limits } from '../../src/core/limits.ts';
import { loadAll } from '../../src/engines/local/load.ts';
import { LocalEngine } from '../../src/engines/local/local.ts';
import { openDatabase } from '../../src/engines/local/open.ts';
import { DATABASE_FILE } from '../../src/engines/local/opening.ts';
import type { ChannelState } from '../../src/engines/local/state.ts';
import { type Job, Store } from '../../src/engines/local/store.ts';

/** Stands around a change that the store applies and writes in one step. */
export type Watch = (job: Job) => Job;

class WatchedStore extends Store {
  watch: Watch | null = null;

  override commit(synced: boolean, job?: Job): Promise<void> {
    return super.commit(synced, job && this.watch ? this.watch(job) : job);
  }
}

export interface Node {
  readonly engine: LocalEngine;
  /** Makes a call of the engine; the change it asks its store for is watched when it is applied. */
  watching<T>(watch: Watch, call: () => T): T;
  /** The record the engine works on. To be read only. */
  peek(channelId: string): ChannelState | undefined;
  /** A disk that does not work refuses every write, as a full one does. */
  setDisk(works: boolean): void;
}

/** Puts an empty database into a directory; a copy of one that is made once, because making tables takes longest. */
export const emptyDatabase = (parent: string, directory: string): void => {
  const made = join(parent, DATABASE_FILE);
  if (!existsSync(made)) {
    const { db } = openDatabase(parent);
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    db.close();
  }
  copyFileSync(made, join(directory, DATABASE_FILE));
};

/**
 * Puts the engine together as `openLocal` does, without its lock. The log is not synced: a sync ends when the kernel
 * likes, and a history must go the same way twice. What it is for (a power failure) does not happen here.
 */
export const openNode = (directory: string, limits: Limits, clock: Clock, report: (error: unknown) => void): Node => {
  const { db } = openDatabase(directory);
  const store = new WatchedStore(db, null, clock, report);
  const loaded = loadAll(store, clock);
  return {
    engine: new LocalEngine({ store, loaded, limits, clock, report, release: () => {} }),
    watching: (watch, call) => {
      store.watch = watch;
      try {
        return call();
      } finally {
        store.watch = null;
      }
    },
    peek: (channelId) => loaded.channels.get(channelId),
    setDisk: (works) => void db.exec(`PRAGMA query_only = ${works ? 'OFF' : 'ON'}`),
  };
};
