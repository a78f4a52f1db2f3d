/**
 * A look at the files of a database before SQLite opens them.
 *
 * SQLite believes the longest sound beginning of its log and forgets the rest without a word, and it takes an empty
 * file for a new database. Both would come back as a hub that knows nothing of what it has acknowledged.
 */
import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** Of a log whose checksums count words of four bytes from the lowest one on; the next one counts from the highest. */
const MAGIC = 0x377f0682;

/** The checksum of SQLite's log (its file format, 4.2), continued over more bytes. */
const addChecksum = (sum: readonly [number, number], bytes: Buffer, big: boolean): [number, number] => {
  let [one, two] = sum;
  for (let at = 0; at < bytes.length; at += 8) {
    one = (one + (big ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + two) >>> 0;
    two = (two + (big ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + one) >>> 0;
  }
  return [one, two];
};

const carries = (bytes: Buffer, at: number, sum: readonly [number, number]): boolean =>
  bytes.readUInt32BE(at) === sum[0] && bytes.readUInt32BE(at + 4) === sum[1];

/**
 * What is wrong with a log, or null. A log that ends in the middle is sound: its process was killed there. So is one with
 * frames of a transaction behind its end that the disk refused in the middle: later ones began in the same place, and were
 * shorter. A transaction that came to its end behind a frame whose checksum fails was acknowledged, and would be lost.
 */
const damageOfLog = (path: string): string | null => {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const header = Buffer.alloc(HEADER_BYTES);
    if (size < HEADER_BYTES) return null;
    readSync(file, header, 0, HEADER_BYTES, 0);
    const big = header.readUInt32BE(0) === MAGIC + 1;
    let sum = addChecksum([0, 0], header.subarray(0, 24), big);
    if ((!big && header.readUInt32BE(0) !== MAGIC) || !carries(header, 24, sum)) return 'its log has no sound beginning';
    const salts = header.subarray(16, 24);
    const frame = Buffer.alloc(FRAME_HEADER_BYTES + header.readUInt32BE(8));
    let broken = 0;
    for (let n = 1, at = HEADER_BYTES; at + frame.length <= size; n++, at += frame.length) {
      readSync(file, frame, 0, frame.length, at);
      // Frames of an older log stand behind the end of this one; their salts are others.
      const ours = frame.subarray(8, 16).equals(salts);
      if (broken > 0) {
        const ended = frame.readUInt32BE(4) !== 0;
        if (ours && ended) return `frame ${broken} of its log fails its checksum`;
        continue;
      }
      sum = addChecksum(addChecksum(sum, frame.subarray(0, 8), big), frame.subarray(FRAME_HEADER_BYTES), big);
      if (!ours || !carries(frame, 16, sum)) broken = n;
    }
    return null;
  } finally {
    closeSync(file);
  }
};

/**
 * What can be seen to be wrong with the files of a database, or null; none at all are a new one.
 * @param path of the database
 */
export const damageOfFiles = (path: string): string | null => {
  const log = `${path}-wal`;
  const logBytes = existsSync(log) ? statSync(log).size : 0;
  if (!existsSync(path)) return logBytes > 0 ? 'it is missing, and its log is there' : null;
  if (statSync(path).size === 0) return 'the file is empty';
  return logBytes > 0 ? damageOfLog(log) : null;
};
