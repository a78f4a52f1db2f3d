/** What is ended after each file of tests: files share a process, and with it the modules of this folder. */
import { afterAll } from 'vitest';

type End = () => Promise<void> | void;

const ends: End[] = [];

/** From now on done after each file, the last that was named first. Called once, by a module that keeps what it starts. */
export const afterEachFile = (end: End): void => {
  ends.push(end);
};

/** For vitest.config.ts, which has every file begin with this. */
export const endEach = (): void => {
  afterAll(async () => {
    for (const end of [...ends].reverse()) await end();
  });
};
