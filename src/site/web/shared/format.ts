/** Numbers and times as people read them. */

const pad = (n: number): string => String(n).padStart(2, '0');

/** `14:03:22`, in the reader's own zone. */
export const clockTime = (iso: string): string => {
  const date = new Date(iso);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
};

/** `Monday 23 November 2026`, in the reader's own zone. */
export const dayOf = (iso: string): string =>
  new Date(iso).toLocaleDateString('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });

export const isSameDay = (one: string, other: string): boolean => new Date(one).toDateString() === new Date(other).toDateString();

/** The time alone beside something of the same day, else with its own: `23 Nov 14:03:22`. */
export const timeBeside = (iso: string, beside: string): string => {
  if (isSameDay(iso, beside)) return clockTime(iso);
  return `${new Date(iso).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} ${clockTime(iso)}`;
};

const UNITS: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** `3 min`: the largest unit only. */
export const duration = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [size, name] = UNITS.find(([unit]) => seconds >= unit) ?? [1, 's'];
  return `${Math.floor(seconds / size)} ${name}`;
};

/** `1,024`. */
export const count = (n: number): string => n.toLocaleString('en-US');

/** `12.4 MB`. */
export const bytes = (n: number): string => {
  if (n < 1024) return `${n} B`;
  const [value, unit] = n < 1024 ** 2 ? [n / 1024, 'KB'] : n < 1024 ** 3 ? [n / 1024 ** 2, 'MB'] : [n / 1024 ** 3, 'GB'];
  return `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
};

/** `1 message`, `2 messages`. */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;
