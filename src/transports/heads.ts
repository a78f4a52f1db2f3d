/**
 * The heads of JSON answers. Node assembles each anew, field by field, which costs a tenth of a whole listen; those of one status
 * differ in their length alone, and in their date each second. So the head that Node made is kept for the second that it names, and
 * the answers that follow take it with their own length.
 */
import { type IncomingMessage, ServerResponse } from 'node:http';

/** Every answer of the API: never cached, never sniffed. */
export const API_HEADERS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' } as const;

const fieldsOf = (bytes: number) => ({ 'Content-Type': 'application/json', 'Content-Length': bytes, ...API_HEADERS });

/** Where Node keeps the head that it has made and not sent yet: since its first versions, and no part of its documents. */
interface WithHead {
  _header?: unknown;
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
  /** What `writeHead` of a JSON answer does, byte for byte. @param bytes of the body */
  writeJsonHead(status: number, bytes: number): void;
}

/** Writes the head of a JSON answer, on whatever server. @param bytes of the body */
export const writeJsonHead = (response: ServerResponse | HubResponse, status: number, bytes: number): void => {
  if ('writeJsonHead' in response) response.writeJsonHead(status, bytes);
  else response.writeHead(status, fieldsOf(bytes));
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

    writeJsonHead(status: number, bytes: number): void {
      // All others have heads of their own, and one with a field of its own must never be another's.
      const plain = this.shouldKeepAlive && !isLast() && this.req.method !== 'HEAD' && this.getHeaderNames().length === 0;
      const second = Math.trunc(Date.now() / 1000);
      const like = plain ? kept.get(status) : undefined;
      if (like?.second === second) {
        this.statusCode = status;
        (this as WithHead)._header = like.before + bytes + like.after;
        return;
      }
      (this as ServerResponse).writeHead(status, fieldsOf(bytes));
      const head = plain ? cut((this as WithHead)._header, bytes, second) : null;
      if (head) kept.set(status, head);
    }
  };
};
