/**
 * The end of a listening server. A proxy keeps connections and sends its next request down any of them: one that is closed at that very
 * moment loses the request, and the proxy cannot know whether it was carried out. So no connection is closed that may be in use:
 * each is told with its next answer that it is the last, and only those that stayed silent are closed by the hub.
 */
import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import { responsesOf } from './heads.ts';

/** A connection that was silent for so long since the end began is nobody's. */
const SILENT_MS = 500;
const LOOK_MS = 50;

export class Drain {
  #draining = false;

  /** The class of the server's answers. */
  readonly Response = responsesOf(() => this.#draining);

  /** From here on every answer is the last of its connection, those that were asked for before too. */
  begin(): void {
    this.#draining = true;
  }

  /**
   * Accepts no more, and resolves when every connection is closed.
   * @param mostMs after so long those that are left are cut
   */
  async end(server: Server, mostMs: number): Promise<void> {
    // At the end of this turn, in which everybody who has come was accepted: who still waits would be reset.
    await new Promise((resolve) => setImmediate(resolve));
    // Not the close of node:http, which cuts connections that are idle at this instant.
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
    const begun = performance.now();
    const look = setInterval(() => {
      if (performance.now() - begun >= SILENT_MS) server.closeIdleConnections();
    }, LOOK_MS);
    const late = setTimeout(() => server.closeAllConnections(), mostMs);
    await closed;
    clearInterval(look);
    clearTimeout(late);
    // What node:http itself has set up.
    server.close(() => {});
  }
}
