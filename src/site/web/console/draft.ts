/** What a person is about to say. The tab keeps it: a reload loses no words, and says nothing twice. */
import { effect, type Signal, signal } from '@preact/signals';
import { keep, recall } from '../shared/keep.ts';

export interface Spoken {
  readonly to: string;
  readonly message: string;
  readonly reply_to?: number;
}

interface Kept {
  readonly to: string;
  readonly replyTo: number | null;
  readonly text: string;
  readonly sending: Sending | null;
}

interface Sending {
  readonly of: string;
  readonly key: string;
}

const newKey = (): string => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

export class Draft {
  readonly to: Signal<string>;
  readonly replyTo: Signal<number | null>;
  readonly text: Signal<string>;
  /** The same message sent again after a lost answer keeps its key, so the hub takes it once. */
  readonly #sending: Signal<Sending | null>;
  /** No longer kept. */
  readonly stop: () => void;

  constructor(channelId: string) {
    const name = `draft ${channelId}`;
    const kept = (JSON.parse(recall(name) ?? 'null') ?? {}) as Partial<Kept>;
    this.to = signal(kept.to ?? 'all');
    this.replyTo = signal(kept.replyTo ?? null);
    this.text = signal(kept.text ?? '');
    this.#sending = signal(kept.sending ?? null);
    this.stop = effect(() => {
      const now: Kept = { to: this.to.value, replyTo: this.replyTo.value, text: this.text.value, sending: this.#sending.value };
      keep(name, now.text === '' ? null : JSON.stringify(now));
    });
  }

  /** What is to be sent, and the key it goes under. */
  take(): readonly [body: Spoken, key: string] {
    const replyTo = this.replyTo.value;
    const body = { to: this.to.value, message: this.text.value, ...(replyTo === null ? {} : { reply_to: replyTo }) };
    const of = JSON.stringify(body);
    if (this.#sending.value?.of !== of) this.#sending.value = { of, key: newKey() };
    return [body, this.#sending.value!.key];
  }

  /** The hub has it. What was typed meanwhile stays. */
  sent({ message, reply_to }: Spoken): void {
    const text = this.text.value;
    const rest = text.slice(message.length);
    // Words that go on after it, and not others that only begin like it.
    if (text.startsWith(message) && /^(?:\s|$)/.test(rest)) this.text.value = rest.trimStart();
    if (this.replyTo.value === (reply_to ?? null)) this.replyTo.value = null;
    this.#sending.value = null;
  }
}
