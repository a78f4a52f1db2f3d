/** A file of messages, one JSON object a line: what is in it is on the disk, whole, and in it once. */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { WireMessage } from '../client/operations.ts';
import { dropOldest } from '../core/oldest.ts';
import { CliError } from './exit.ts';
import { syncFolder } from './state.ts';

/** More than everything a channel can hold unconfirmed: ten times its ring (1 MiB) as JSON would need at the most. */
const TAIL_BYTES = 16 * 1024 * 1024;

/** Lines that are known again: a hundred times the messages of a channel's ring, which is all that is ever repeated. */
const KNOWN = 10_000;

/** What tells a message from others; a repeat is the same message. */
const keyOf = ({ id, at, from, to, text }: WireMessage): string =>
  createHash('sha256')
    .update(JSON.stringify([id, at, from, to, text]))
    .digest('base64');

const isMessage = (value: unknown): value is WireMessage => typeof value === 'object' && value !== null && 'id' in value;

export class JsonLines {
  readonly #file: number;
  /** What the end of the file has, oldest first: a line that was written just before a crash is not written again. */
  readonly #written = new Set<string>();

  /** @throws CliError failed when the file cannot be written */
  constructor(path: string) {
    try {
      // Messages are not for other users of this machine.
      this.#file = openSync(path, 'a+', 0o600);
      this.#mend();
      fsyncSync(this.#file);
      syncFolder(dirname(path));
    } catch (error) {
      throw new CliError('failed', `The file of --jsonl cannot be written: ${(error as Error).message}`);
    }
  }

  #know(message: WireMessage): void {
    this.#written.add(keyOf(message));
    dropOldest(this.#written, KNOWN);
  }

  /** Takes off a line that a crash left half-written: it was never confirmed, so it comes again. */
  #mend(): void {
    const { size } = fstatSync(this.#file);
    const start = Math.max(0, size - TAIL_BYTES);
    const bytes = Buffer.alloc(size - start);
    for (let at = 0; at < bytes.length; ) {
      const read = readSync(this.#file, bytes, at, bytes.length - at, start + at);
      if (read === 0) break;
      at += read;
    }
    const end = bytes.lastIndexOf(10) + 1;
    for (const line of bytes.toString('utf8', 0, end).split('\n')) {
      try {
        const value: unknown = JSON.parse(line);
        if (isMessage(value)) this.#know(value);
      } catch {
        // Somebody else's line, or the middle of the first.
      }
    }
    if (end === bytes.length) return;
    try {
      const value: unknown = JSON.parse(bytes.toString('utf8', end));
      if (isMessage(value)) this.#know(value);
      writeSync(this.#file, '\n');
    } catch {
      ftruncateSync(this.#file, start + end);
    }
  }

  /** Appends what is not there yet, and returns when it is on the disk. */
  append(messages: readonly WireMessage[]): void {
    const fresh = messages.filter((message) => !this.#written.has(keyOf(message)));
    if (fresh.length === 0) return;
    const text = fresh
      .map((message) => `${JSON.stringify(message).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}\n`)
      .join('');
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    fsyncSync(this.#file);
    for (const message of fresh) this.#know(message);
  }

  close(): void {
    closeSync(this.#file);
  }
}
