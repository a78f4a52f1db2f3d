/**
 * `--durability replicated`: nothing is promised or given away that only the primary has.
 *
 * `WAIT` tells how many replicas have what the asking connection wrote. An answer may rest on what others wrote, such as
 * the message that is read or the key that was used before; so every script whose answer counts writes a mark (see
 * `open` in lua/prelude.ts). Replicas take all writes in one order: who has the mark has all that the script saw.
 *
 * It goes down the connection that gave the answer. One that was made since then may lead to another server, which knows
 * nothing of it, or to the same one, which would count for a connection that wrote nothing.
 */
import type { Reply } from './client.ts';
import { unavailable } from './refusals.ts';

/** How long a replica may take before a call is not acknowledged, ms. */
const WAIT_MS = 1000;

/** Calls that wait together. */
interface Round {
  /** The connection they were answered on. */
  readonly line: number;
  readonly done: Promise<void>;
}

export class Replicas {
  readonly #send: (args: readonly string[]) => Promise<Reply>;
  /** Numbers the connections, one after the other. */
  #line = 0;
  #round: Round | null = null;

  constructor(send: (args: readonly string[]) => Promise<Reply>) {
    this.#send = send;
  }

  /** The connection is gone, or another one is there. */
  cut(): void {
    this.#line++;
  }

  /**
   * An answer, once a replica has all that it rests on. Calls made together wait together.
   * @throws HubError storage_unavailable when none has it in time, or nobody knows; it may be stored all the same
   */
  async sure<T>(asking: () => Promise<T>): Promise<T> {
    const line = this.#line;
    const answer = await asking();
    if (line !== this.#line) throw unavailable();
    if (this.#round?.line !== line) this.#round = { line, done: this.#wait(line) };
    await this.#round.done;
    return answer;
  }

  async #wait(line: number): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (this.#round?.line === line) this.#round = null;
    if (line !== this.#line) throw unavailable();
    let count: Reply;
    try {
      count = await this.#send(['WAIT', '1', String(WAIT_MS)]);
    } catch {
      // Whatever it says, also that it became a replica itself: what was written is not known to be anywhere else.
      throw unavailable();
    }
    if (line !== this.#line) throw unavailable();
    if ((count as number) < 1) throw unavailable('No replica of the store has it: not replicated.');
  }
}
