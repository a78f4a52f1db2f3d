/** Transactions of the database. */
import type Database from 'libsql';

/**
 * What runs a function in a transaction: all that it writes, or nothing.
 * @throws what the function or SQLite throws
 */
export const transactionsOf = (db: Database.Database): ((write: () => void) => void) => {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  return (write) => {
    begin.run();
    try {
      write();
      commit.run();
    } catch (error) {
      try {
        db.exec('ROLLBACK');
      } catch {
        // SQLite has rolled back by itself, as it does on a full disk.
      }
      throw error;
    }
  };
};
