/** Memories that are bounded: a Map and a Set keep the order in which their keys came. */

/** Forgets the keys that came first, until there are no more than so many. */
export const dropOldest = <K>(kept: { readonly size: number; keys(): Iterable<K>; delete(key: K): boolean }, most: number): void => {
  if (kept.size <= most) return;
  for (const oldest of kept.keys()) {
    kept.delete(oldest);
    if (kept.size <= most) return;
  }
};
