/** What was installed where, so that it can be taken out again byte for byte. */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readPrivately, stateDirectory, writePrivately } from '../state.ts';
import type { ConfigFile } from './clients.ts';
import type { Container, Format } from './document.ts';
import { digestOf, mustBeWritable, readText, removeEmpty, removeWhole, targetOf, writeWhole } from './files.ts';

interface InstalledFile {
  readonly path: string;
  /** Of the file as we left it. */
  readonly digest: string;
  /** A copy of the file as it was before us; null when there was none, undefined when what was there is not known. */
  readonly backup?: string | null;
  /** Copies beside it, those too that nothing can be put back from any more. */
  readonly copies?: readonly string[] | undefined;
  /** The topmost folder that was made for it. */
  readonly made?: string | undefined;
  /** The containers in it that our entries filled. */
  readonly containers?: readonly Container[] | undefined;
}

/** One change that is planned or made. */
export interface Change {
  readonly path: string;
  readonly before: string | null;
  /** Null removes the file. */
  readonly after: string | null;
  /** What our entries fill in it. */
  readonly containers?: readonly Container[];
}

export class Installed {
  readonly #path: string;

  constructor(env: NodeJS.ProcessEnv, client: string) {
    this.#path = join(stateDirectory(env), 'installed', `${client}.json`);
  }

  files(): InstalledFile[] {
    return (readPrivately(this.#path)?.['files'] as InstalledFile[] | undefined) ?? [];
  }

  #keep(files: readonly InstalledFile[]): void {
    if (files.length === 0) rmSync(this.#path, { force: true });
    else writePrivately(this.#path, { files });
  }

  /** What putting the entries in would change. @throws CliError failed */
  async plan(files: readonly ConfigFile[], formats: Readonly<Record<ConfigFile['format'], Format>>): Promise<Change[]> {
    return files.flatMap(({ path, format, entries }) => {
      const before = readText(path);
      const after = formats[format].install(before ?? '', entries, path);
      if (after === before) return [];
      mustBeWritable(path);
      return [{ path, before, after, containers: formats[format].fills(before, entries, path) }];
    });
  }

  /** Writes a file; where that fails, its copy goes. */
  #write(path: string, text: string, before: string | null, copy: string | undefined): string | undefined {
    try {
      return writeWhole(path, text, before);
    } catch (error) {
      if (copy !== undefined) rmSync(copy, { force: true });
      throw error;
    }
  }

  /** Makes changes, each with a copy of the file beside it, and remembers them. @throws CliError failed */
  make(changes: readonly Change[]): void {
    for (const { path, before, after, containers = [] } of changes) {
      const known = this.files();
      const old = known.find((file) => file.path === path);
      // The copy is of the file without us: a second install keeps the first copy, unless somebody wrote in between.
      const ours = old !== undefined && before !== null && old.digest === digestOf(before);
      const backup = ours
        ? old.backup
        : old !== undefined && before !== null
          ? undefined
          : before === null
            ? null
            : `${targetOf(path)}.rogerthat-backup`;
      const copy = typeof backup === 'string' && !ours ? backup : undefined;
      if (copy !== undefined) writeWhole(copy, before ?? '');
      const made = this.#write(path, after ?? '', before, copy) ?? old?.made;
      const file: InstalledFile = {
        path,
        digest: digestOf(after ?? ''),
        ...(backup === undefined ? {} : { backup }),
        copies: [...new Set([...(old?.copies ?? []), ...(copy === undefined ? [] : [copy])])],
        made,
        containers: [...(old?.containers ?? []), ...containers],
      };
      this.#keep([...known.filter((one) => one.path !== path), file]);
    }
  }

  /**
   * What taking the entries out would change.
   * @returns with each file whether it goes back to exactly what it was
   */
  async planRemoval(
    files: readonly ConfigFile[],
    formats: Readonly<Record<ConfigFile['format'], Format>>,
  ): Promise<(Change & { readonly exact: boolean })[]> {
    const known = this.files();
    return files.flatMap(({ path, format, entries }) => {
      const before = readText(path);
      if (before === null) return [];
      const file = known.find((one) => one.path === path);
      const copy = file?.backup ? readText(file.backup) : null;
      const untouched = file?.digest === digestOf(before) && file.backup !== undefined && (file.backup === null || copy !== null);
      const after = untouched ? copy : formats[format].remove(before, entries, path, file?.containers);
      if (after === before) return [];
      mustBeWritable(path);
      return [{ path, before, after, exact: untouched }];
    });
  }

  /** Makes the changes of a removal and forgets what was installed, with its copies. @throws CliError failed */
  undo(changes: readonly Change[]): void {
    for (const { path, before, after } of changes) {
      if (after === null) removeWhole(path, before);
      else writeWhole(path, after, before);
    }
    // The last that was made goes first.
    for (const { path, copies = [], made } of this.files().reverse()) {
      for (const copy of copies) rmSync(copy, { force: true });
      if (made) removeEmpty(dirname(targetOf(path)), made);
    }
    this.#keep([]);
  }
}
