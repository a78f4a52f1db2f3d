/** What was heard and not seen yet, in numbers: for the list, and for the title of a tab that is not in sight. */
import { computed, effect, signal } from '@preact/signals';

export class Unread {
  readonly count = signal(0);
  /** The newest message is on the screen, or would be if the tab were in sight. Set by who shows the messages. */
  readonly atNewest = signal(true);
  readonly #inSight = signal(document.visibilityState === 'visible');
  readonly #reading = computed(() => this.#inSight.value && this.atNewest.value);
  readonly #stops: readonly (() => void)[];

  /** @param title of the tab, while everything was seen */
  constructor(title: string) {
    const look = (): void => {
      this.#inSight.value = document.visibilityState === 'visible';
    };
    document.addEventListener('visibilitychange', look);
    this.#stops = [
      () => document.removeEventListener('visibilitychange', look),
      effect(() => {
        if (this.#reading.value) this.count.value = 0;
      }),
      effect(() => {
        document.title = this.count.value === 0 ? title : `(${this.count.value}) ${title}`;
      }),
    ];
  }

  /** Others said so many things. */
  heard(messages: number): void {
    if (!this.#reading.value) this.count.value += messages;
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }
}
