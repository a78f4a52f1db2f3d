/** Lines of JSON as they arrive. */
import { Refused, UNREACHABLE } from '../shared/api.ts';
import { inTime } from '../shared/in-time.ts';

/** Longer than two heartbeats of the hub (R-STREAM-5): a connection that is silent for so long is dead. */
const SILENT_MS = 40_000;

/**
 * Reads lines until the answer ends; each piece that arrives gives its whole lines together, a heartbeat none.
 * @throws Refused as unreachable when the line breaks, or nothing comes for too long: what was read is then not the whole
 */
export async function* readLines<T>(body: ReadableStream<Uint8Array>, silentMs: number = SILENT_MS): AsyncGenerator<T[], void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await inTime(reader.read(), silentMs).catch(() => {
        throw new Refused(UNREACHABLE);
      });
      if (done) return;
      const pieces = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = pieces.pop() ?? '';
      yield pieces.filter((piece) => piece !== '').map((piece) => JSON.parse(piece) as T);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
