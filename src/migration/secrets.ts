/** Signing secrets of webhooks, encrypted anew on their way: each store has a key of its own. */
import type { StoreRecord } from '../core/moving.ts';
import type { Vault } from '../courier/vault.ts';

export class Secrets {
  readonly #from: Vault;
  readonly #to: () => Vault;
  /** Webhooks whose secret cannot be opened here. They move as they are, and the hub disables them. */
  readonly unreadable: string[] = [];

  /** @param to asked for when the first webhook comes; may throw, when a key is missing */
  constructor(from: Vault, to: () => Vault) {
    this.#from = from;
    this.#to = to;
  }

  carry(record: StoreRecord): StoreRecord {
    if (record.kind !== 'webhook') return record;
    const { hook } = record;
    const to = this.#to();
    const plain = this.#from.open(hook.secret, hook.id);
    if (plain === null) this.unreadable.push(hook.id);
    return plain === null ? record : { ...record, hook: { ...hook, secret: to.seal(plain, hook.id) } };
  }
}
