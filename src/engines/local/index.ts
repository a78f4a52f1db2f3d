/** Opens the embedded engine on a data directory, or in memory. */
import { systemClock } from '../../core/clock.ts';
import { loadAll, UnsoundRowError } from './load.ts';
import { LocalEngine } from './local.ts';
import { type DirectoryLock, isDamage, lockDirectory, openDatabase } from './open.ts';
import { DATABASE_FILE, DamagedDatabaseError, type LocalOptions, ofDirectory } from './opening.ts';
import { repairDatabase } from './repair.ts';
import { Standing } from './standing.ts';
import { Store } from './store.ts';

/**
 * @throws DirectoryInUseError when another hub runs on the directory
 * @throws DamagedDatabaseError when the database is not sound and `repair` was not asked for
 * @throws NewerDatabaseError, UnusableDirectoryError
 */
export const openLocal = (options: LocalOptions): LocalEngine => {
  const { directory, limits, clock = systemClock, report = () => {}, repair = false } = options;
  const lock: DirectoryLock | null = directory === null ? null : lockDirectory(directory);
  try {
    if (repair && directory !== null) {
      const found = repairDatabase(directory);
      if (found) report(new Error(found));
    }
    const { db, logPath, files } = openDatabase(directory);
    let store: Store | null = null;
    try {
      store = new Store(db, logPath, clock, report, new Standing(lock ? [lock.path, ...files] : []));
      return new LocalEngine({ store, loaded: loadAll(store, clock), limits, clock, report, release: () => lock?.release() });
    } catch (error) {
      if (store) store.abandon();
      else db.close();
      // Tables that are not ours any more, or rows that are not.
      if (error instanceof UnsoundRowError || isDamage(error)) {
        throw new DamagedDatabaseError(`${directory}/${DATABASE_FILE}`, (error as Error).message);
      }
      throw error;
    }
  } catch (error) {
    lock?.release();
    throw directory === null ? error : ofDirectory(directory, error);
  }
};

export type { LocalEngine } from './local.ts';
export { DamagedDatabaseError, DirectoryInUseError, NewerDatabaseError } from './opening.ts';
