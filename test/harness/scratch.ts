/** A place where a sync costs nothing, if there is one. What real disks do is for the crash tests. */
import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';

export const scratch = ((): string => {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
})();
