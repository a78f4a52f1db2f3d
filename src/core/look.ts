/** A look at a roster that all who watch a channel share: what many are shown at once is made once. */
import type { Eventually, RosterEntry } from './types.ts';

export class RosterLook {
  #seen: Eventually<readonly RosterEntry[]> | null = null;

  /** What is seen. @param ask for the roster; whoever looks first asks */
  see(ask: () => Eventually<readonly RosterEntry[]>): Eventually<readonly RosterEntry[]> {
    this.#seen ??= ask();
    return this.#seen;
  }
}
