/** Questions that may take so long and no longer, and connections that are made for one. */
import type { Client } from './client.ts';

/** How long a connection that is made once may take until it is of use: connecting, the handshake and the first answer, ms. */
export const ONCE_MS = 1_000;

/** @param ms how long it may take @throws Error when it takes longer, and whatever it rejects with */
export const within = <T>(ms: number, asked: Promise<T>): Promise<T> => {
  let late: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error('no answer in time')), ms);
  });
  return Promise.race([asked, tooLate]).finally(() => clearTimeout(late));
};

/**
 * Connects, and asks. A server that is frozen takes a connection and says nothing, so the limit is one for all of it.
 * @throws Error after {@link ONCE_MS}, and whatever connecting and asking throw; the connection is gone then
 */
export const reach = async <T>(client: Client, ask: (client: Client) => Promise<T>): Promise<T> => {
  try {
    return await within(
      ONCE_MS,
      client.connect().then(() => ask(client)),
    );
  } catch (error) {
    client.destroy();
    throw error;
  }
};

/** {@link reach}, over a connection that is there for nothing else. */
export const askOnce = async <T>(client: Client, ask: (client: Client) => Promise<T>): Promise<T> => {
  client.on('error', () => {});
  try {
    return await reach(client, ask);
  } finally {
    client.destroy();
  }
};
