/** The outbox of bridges: a file for each message, written as a whole and synced, in the order of their names. */
import { mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Outbox, Waiting } from '../bridge/memory.ts';
import { filesIn, readPrivately, stateDirectory, syncFolder, writePrivately } from './state.ts';

const isWaiting = (value: Record<string, unknown> | null): value is Record<string, unknown> =>
  typeof value?.['hub'] === 'string' && typeof value['at'] === 'number' && typeof value['input'] === 'object';

/** No name is used again by this program. */
let count = 0;

export const openOutbox = (env: NodeJS.ProcessEnv): Outbox => {
  const folder = join(stateDirectory(env), 'outbox');
  const pathOf = ({ name }: Pick<Waiting, 'name'>): string => join(folder, basename(name));
  const write = (path: string, message: object): void => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writePrivately(path, message);
    syncFolder(folder);
  };
  return {
    list: () =>
      filesIn(folder).flatMap((path) => {
        const value = readPrivately(path);
        return isWaiting(value) ? [{ ...(value as unknown as Waiting), name: basename(path) }] : [];
      }),
    put(message) {
      const newest = Number.parseInt(basename(filesIn(folder).at(-1) ?? ''), 10) || 0;
      // Behind what waits, also when the wall clock was put back.
      const order = `${String(Math.max(message.at, newest + 1)).padStart(15, '0')}-${String(count++).padStart(9, '0')}-${process.pid}`;
      write(join(folder, `${order}.json`), message);
    },
    refuse(message, why) {
      const { name: _, ...rest } = message;
      write(pathOf(message), { ...rest, refused: why });
    },
    remove: (message) => rmSync(pathOf(message), { force: true }),
  };
};
