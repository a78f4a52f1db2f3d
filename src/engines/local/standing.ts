/**
 * Whether the files of a running hub are still where it opened them. One that was removed, or replaced by a restored one, takes what is
 * written all the same, and loses it with the end of the process; without the file of the lock a second hub starts beside this one.
 */
import { statSync } from 'node:fs';
import { basename } from 'node:path';

/** So often a hub that writes looks, ms. */
const LOOK_MS = 1_000;

/** Which file is at a path: null when there is none, undefined when the system does not say, which is no sign that it went. */
const fileAt = (path: string): string | null | undefined => {
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    return found ? `${found.dev} ${found.ino}` : null;
  } catch {
    return undefined;
  }
};

export class Standing {
  readonly #opened: readonly (readonly [path: string, file: string | null | undefined])[];
  /** Monotonic ms. */
  #seenAt = Number.NEGATIVE_INFINITY;

  /** @param paths of files that are open */
  constructor(paths: readonly string[]) {
    this.#opened = paths.map((path) => [path, fileAt(path)]);
  }

  /** Says which of them is not in its place any more; null when all are. */
  moved(): string | null {
    const [path] =
      this.#opened.find(([at, opened]) => {
        const found = fileAt(at);
        return found !== undefined && opened !== undefined && found !== opened;
      }) ?? [];
    return path === undefined ? null : `${basename(path)} was removed or replaced while the hub runs. Put it back, or start the hub anew.`;
  }

  /**
   * What was seen in its place is believed for a second.
   * @param uptime monotonic ms
   * @throws an Error when one is not
   */
  check(uptime: number): void {
    if (uptime - this.#seenAt < LOOK_MS) return;
    const moved = this.moved();
    if (moved !== null) throw new Error(moved);
    this.#seenAt = uptime;
  }
}
