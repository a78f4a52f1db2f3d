/** What a promise gives, where it does so in time. @throws Error when it is late, and whatever it throws itself */
export const inTime = <T>(promise: Promise<T>, ms: number): Promise<T> => {
  let timer = 0;
  const late = new Promise<never>((_, reject) => {
    timer = window.setTimeout(() => reject(new Error('late')), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};
