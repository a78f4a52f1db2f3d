/** What was moved: counted by kind, and told from anything else by a digest that does not depend on the order. */
import { createHash } from 'node:crypto';
import { RECORD_KINDS, type StoreRecord } from '../core/moving.ts';

export type Counts = Readonly<Record<StoreRecord['kind'], number>>;

/** JSON whose fields are in the order of their names. */
const canonical = (record: StoreRecord): string =>
  JSON.stringify(record, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );

export class Tally {
  readonly counts: Record<StoreRecord['kind'], number>;
  /** Deliveries among them that are still to be made. */
  owed = 0;
  readonly #digest = Buffer.alloc(32);

  constructor() {
    this.counts = Object.fromEntries(RECORD_KINDS.map((kind) => [kind, 0])) as Record<StoreRecord['kind'], number>;
  }

  add(record: StoreRecord): void {
    this.counts[record.kind]++;
    if (record.kind === 'delivery' && record.state === 'pending') this.owed++;
    const hash = createHash('sha256').update(canonical(record)).digest();
    // A sum, so that two of the same do not take each other away.
    let carry = 0;
    for (let i = 31; i >= 0; i--) {
      carry += this.#digest[i]! + hash[i]!;
      this.#digest[i] = carry & 0xff;
      carry >>= 8;
    }
  }

  /** Kinds of which this and another do not hold the same number; empty and false when only the contents differ. */
  differsFrom(other: Tally): { readonly kinds: readonly StoreRecord['kind'][]; readonly same: boolean } {
    const kinds = RECORD_KINDS.filter((kind) => this.counts[kind] !== other.counts[kind]);
    return { kinds, same: kinds.length === 0 && this.#digest.equals(other.#digest) };
  }
}
