/** Waiting for something that another part of the run will tell of, for a bounded time. */

/** What is waited for by default, in ms: real clients on a busy machine. */
export const PATIENCE_MS = 60_000;

export class Waiting {
  readonly #lookers = new Set<() => void>();

  /** Something happened. */
  look(): void {
    for (const looker of [...this.#lookers]) looker();
  }

  /** Resolves with what `found` gives once that is not undefined. @throws Error what `found` throws, or that time is over */
  until<T>(what: string, found: () => T | undefined, ms = PATIENCE_MS): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#lookers.delete(looker);
      };
      const looker = (): void => {
        try {
          const value = found();
          if (value === undefined) return;
          end();
          resolve(value);
        } catch (error) {
          end();
          reject(error);
        }
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`waited ${ms} ms in vain for ${what}`));
      }, ms);
      this.#lookers.add(looker);
      looker();
    });
  }
}
