/** What a tab keeps until it is closed. Storage may be forbidden; then it keeps nothing, and the page goes on. */

export const recall = (name: string): string | null => {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
};

export const keep = (name: string, value: string | null): void => {
  try {
    if (value === null) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, value);
  } catch {
    // The page asks again after a reload.
  }
};
