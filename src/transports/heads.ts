/**
 * The heads of JSON answers. Node assembles each anew, field by field, which costs a tenth of a whole listen; those of one status
 * differ in their length alone, and in their date each second. So the head that Node made is kept for the second that it names, and
 * the answers that follow take it with their own length.
 */
import { type IncomingMessage, ServerResponse } from 'node:http';

/** Every answer of the API: never cached, never sniffed. */
export const API_HEADERS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' } as const;

/** Where Node keeps the head that it has made, and whether it has sent it: since its first versions, and no part of its documents. */
interface WithHead {
  _header?: unknown;
  _headerSent?: unknown;
}

/** A head without its length. */
interface KeptHead {
  readonly second: number;
  readonly before: string;
  readonly after: string;
}

const LENGTH = 'Content-Length: ';

/** The head of an answer of so many bytes, cut where its length stands; null when it is not where it is looked for. */
const cut = (head: unknown, bytes: number, second: number): KeptHead | null => {
  if (typeof head !== 'string') return null;
  const field = `${LENGTH}${bytes}\r\n`;
  const at = head.indexOf(field);
  return at < 0 ? null : { second, before: head.slice(0, at + LENGTH.length), after: head.slice(at + field.length - 2) };
};

/** An answer of the hub's own server. */
export interface HubResponse extends ServerResponse {
  /**
   * Makes the head of a JSON answer: what `writeHead` does, byte for byte.
   * @param bytes of the body
   * @returns the head, which is the caller's to send; null when Node sends it with what is written next
   */
  jsonHead(status: number, bytes: number): string | null;
}

const writeHead = (response: ServerResponse, status: number, bytes: number): void => {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': bytes, ...API_HEADERS });
};

/** See {@link HubResponse.jsonHead}; for the answers of other servers it is always null. */
export const jsonHead = (response: ServerResponse | HubResponse, status: number, bytes: number): string | null => {
  if ('jsonHead' in response) return response.jsonHead(status, bytes);
  writeHead(response, status, bytes);
  return null;
};

/**
 * The class of a server's answers.
 * @param isLast whether an answer is the last of its connection; asked when a head is written, so that nothing is noted with a request
 */
export const responsesOf = (isLast: () => boolean): typeof ServerResponse<IncomingMessage> => {
  const kept = new Map<number, KeptHead>();
  return class extends ServerResponse<IncomingMessage> implements HubResponse {
    override writeHead(...head: [number]): this {
      if (isLast()) this.shouldKeepAlive = false;
      return super.writeHead(...head);
    }

    jsonHead(status: number, bytes: number): string | null {
      // All others have heads of their own, and one with a field of its own must never be another's.
      const plain = this.shouldKeepAlive && !isLast() && this.req.method !== 'HEAD' && this.getHeaderNames().length === 0;
      const second = Math.trunc(Date.now() / 1000);
      const like = plain ? kept.get(status) : undefined;
      if (like?.second === second && this.socket?.writable) {
        const head = like.before + bytes + like.after;
        this.statusCode = status;
        (this as WithHead)._header = head;
        (this as WithHead)._headerSent = true;
        return head;
      }
      writeHead(this, status, bytes);
      const made = plain ? cut((this as WithHead)._header, bytes, second) : null;
      if (made) kept.set(status, made);
      return null;
    }
  };
};
