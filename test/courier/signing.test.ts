/** Signatures, refereed by the package of Standard Webhooks: R-HOOK-6. */

import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { newSigningSecret, signatureHeaders } from '../../src/courier/signing.ts';

const BODY = '{"type":"message.created","data":{"message":{"text":"Grüße ✓ \\u2028"}}}';

describe('R-HOOK-6', () => {
  const secret = newSigningSecret();
  const headers = (at = Date.now()) => signatureHeaders(secret, 'msg_1', at, BODY);

  test('the referee accepts what we sign', () => {
    expect(new Webhook(secret).verify(BODY, headers())).toEqual(JSON.parse(BODY));
  });

  test('and refuses another body, id, time and secret', () => {
    const verify = (body: string, changed: Record<string, string> = {}, by = secret) =>
      new Webhook(by).verify(body, { ...headers(), ...changed });
    expect(() => verify(`${BODY} `)).toThrow(WebhookVerificationError);
    expect(() => verify(BODY, { 'webhook-id': 'msg_2' })).toThrow(WebhookVerificationError);
    expect(() => verify(BODY, { 'webhook-timestamp': String(Math.floor(Date.now() / 1000) + 1) })).toThrow(WebhookVerificationError);
    expect(() => verify(BODY, {}, newSigningSecret())).toThrow(WebhookVerificationError);
    expect(() => new Webhook(secret).verify(BODY, headers(Date.now() - 600_000))).toThrow(WebhookVerificationError);
  });

  test('a secret is 24 to 64 random bytes', () => {
    expect(Buffer.from(secret.slice('whsec_'.length), 'base64')).toHaveLength(32);
    expect(newSigningSecret()).not.toBe(secret);
  });
});
