/** Lines of JSON as they arrive. */

/** Longer than two heartbeats of the hub (R-STREAM-5): a connection that is silent for so long is dead. */
const SILENT_MS = 40_000;

/**
 * Reads lines until the answer ends; each piece that arrives gives its whole lines together.
 * @param give up tells that nothing came for too long; the reader then ends as if the line had broken
 */
export async function* readLines<T>(body: ReadableStream<Uint8Array>, silentMs: number = SILENT_MS): AsyncGenerator<T[], void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      let timer = 0;
      const silence = new Promise<{ done: true; value: undefined }>((resolve) => {
        timer = window.setTimeout(() => resolve({ done: true, value: undefined }), silentMs);
      });
      const { done, value } = await Promise.race([reader.read(), silence]);
      clearTimeout(timer);
      if (done) return;
      const pieces = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = pieces.pop() ?? '';
      const lines = pieces.filter((piece) => piece !== '').map((piece) => JSON.parse(piece) as T);
      if (lines.length > 0) yield lines;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
