import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** They put modules in the place of others, or are loaded by another file with other settings. */
const ALONE = ['test/engine/**/*.test.ts', 'test/redis/port.test.ts'];

const files = (name: string, include: string[], exclude: string[], isolate: boolean) => ({
  extends: true as const,
  test: { name, include, exclude, isolate },
});

export default defineConfig({
  test: {
    environment: 'node',
    pool: 'forks',
    // Most of them wait for other processes: two more than there are cores keep all of those busy.
    maxWorkers: availableParallelism() + 2,
    setupFiles: ['test/setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    passWithNoTests: false,
    allowOnly: false,
    // To load everything anew for each file takes a third of the time of all tests.
    projects: [files('shared', ['test/**/*.test.ts'], [...ALONE, '**/node_modules/**'], false), files('alone', ALONE, [], true)],
  },
});
