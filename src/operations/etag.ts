/** Contents that a client may have already. */

/** Whether a client that sent `If-None-Match` has what it would be sent (RFC 9110, 13.1.2: weak comparison, since proxies weaken tags). */
export const isKnown = (header: string | undefined, tag: string): boolean =>
  header !== undefined && (header.trim() === '*' || header.split(',').some((one) => one.trim().replace(/^W\//, '') === tag));
