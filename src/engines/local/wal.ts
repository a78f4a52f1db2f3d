/** The write-ahead log of the database, synced to the disk off the main thread: one sync for all who ask meanwhile. */
import { closeSync, fdatasync, openSync } from 'node:fs';

export class WriteAheadLog {
  readonly #file: number | null;
  #syncing: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  /** @param path null for a database in memory, where there is nothing to sync */
  constructor(path: string | null) {
    this.#file = path === null ? null : openSync(path, 'r+');
  }

  /** There is a file to sync. */
  get onDisk(): boolean {
    return this.#file !== null;
  }

  /** Resolves when a power failure cannot take back what has been written so far. @throws what the disk says */
  sync(): Promise<void> {
    if (!this.#syncing) {
      this.#syncing = this.#datasync().finally(() => {
        this.#syncing = null;
      });
      return this.#syncing;
    }
    // The one under way may have begun before our bytes were written.
    this.#next ??= this.#syncing.then(
      () => this.#startNext(),
      () => this.#startNext(),
    );
    return this.#next;
  }

  #startNext(): Promise<void> {
    this.#next = null;
    return this.sync();
  }

  #datasync(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#file === null) resolve();
      else fdatasync(this.#file, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Resolves when no sync is under way, and none is waited for. @throws what the disk says */
  async settled(): Promise<void> {
    while (this.#syncing) await this.#syncing;
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
  }
}
