/** Whether files are where they were opened: what is known to be gone, and what the system only does not tell. */
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Standing } from '../../src/engines/local/standing.ts';
import { temporaryDirectory } from '../harness/process.ts';

test('a path that the system does not look at is no sign that its file went', () => {
  const directory = temporaryDirectory();
  const [place, aside] = [join(directory, 'place'), join(directory, 'aside')];
  mkdirSync(place);
  const path = join(place, 'hub.lock');
  writeFileSync(path, '');
  const standing = new Standing([path]);
  renameSync(place, aside);
  expect(standing.moved()).toMatch(/^hub\.lock was removed or replaced/);
  expect(() => standing.check(0)).toThrow('hub.lock');
  // ELOOP, as EACCES for a parent that this user may not enter any more.
  symlinkSync(place, place);
  expect(standing.moved()).toBeNull();
  expect(() => standing.check(0)).not.toThrow();
});
