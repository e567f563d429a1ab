import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The receiver's side of Standard Webhooks, written from the specification alone
 * (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md), without the library that signs:
 *
 * - `webhook-id`, `webhook-timestamp` (seconds since the Unix epoch) and `webhook-signature` are required.
 * - What is signed is `id.timestamp.body`, the body as its bytes are.
 * - A symmetric signature is `v1,` and the base64 of HMAC-SHA256; the header is a list of them with spaces between, and one
 *   that fits is enough. Other versions are passed over.
 * - The secret is `whsec_` and the base64 of the key, of 24 to 64 bytes.
 * - A timestamp too far from now, in either direction, is refused: a replay.
 * - Signatures are compared in constant time.
 */
export function verify(
  secret: string,
  headers: Readonly<Record<string, string | undefined>>,
  body: Buffer,
  nowMs: number,
  toleranceSeconds = 300,
): 'accepted' | 'no-headers' | 'old-timestamp' | 'future-timestamp' | 'wrong-signature' {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signatures = headers['webhook-signature'];
  if (!id || !timestamp || !signatures || !/^\d+$/.test(timestamp)) return 'no-headers';
  const age = nowMs / 1000 - Number(timestamp);
  if (age > toleranceSeconds) return 'old-timestamp';
  if (age < -toleranceSeconds) return 'future-timestamp';
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  if (key.length < 24 || key.length > 64) throw new RangeError(`a key of ${key.length} bytes`);
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  const isOurs = signatures.split(' ').some((signature) => {
    const [version, base64 = ''] = signature.split(',', 2);
    const given = Buffer.from(base64, 'base64');
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
  return isOurs ? 'accepted' : 'wrong-signature';
}
