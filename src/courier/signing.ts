/** Signatures as Standard Webhooks writes them (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md). */
import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';

/** A signing secret: 32 random bytes, where the specification asks for 24 to 64. */
export const newSigningSecret = (): string => PREFIX + randomBytes(32).toString('base64');

/**
 * The three headers that a receiver verifies.
 * @param at of this attempt; wall clock, ms
 */
export const signatureHeaders = (secret: string, id: string, at: number, body: string): Record<string, string> => {
  const timestamp = String(Math.floor(at / 1000));
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
};
