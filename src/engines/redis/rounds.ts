/** Work that is never under way twice: what gives a reason for it meanwhile has it done once more afterwards. */
export class Rounds {
  readonly #work: () => Promise<void>;
  #working = false;
  #again = false;

  /** @param work tells somebody itself when it fails */
  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** There is a reason for it. */
  ask(): void {
    this.#again = true;
    if (!this.#working) void this.#go();
  }

  async #go(): Promise<void> {
    this.#working = true;
    try {
      while (this.#again) {
        this.#again = false;
        await this.#work();
      }
    } finally {
      this.#working = false;
    }
  }
}
