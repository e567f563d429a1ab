import * as z from 'zod';

/** What every sink has: a name of its own and the address that it listens at, which is a secret. */
const base = {
  name: z.string().regex(/^[A-Za-z0-9_]{1,40}$/, 'must be 1 to 40 of A-Z, a-z, 0-9 and _'),
  url: secret().refine(isWebAddress, 'must be an https URL (http only to this machine)'),
};

/** One sink of the `SINKS` setting; `format` tells which kind. */
export const sinkSchema = z.discriminatedUnion('format', [
  z.strictObject({
    ...base,
    format: z.literal('json'),
    /** Signs the body by Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes. Several, while they are rotated. */
    secret: z.union([signingSecret(), z.array(signingSecret()).min(1).max(4)]).optional(),
  }),
]);

export type SinkSettings = z.infer<typeof sinkSchema>;

function secret() {
  return z.string().min(1, 'must not be empty');
}

function signingSecret() {
  return secret().refine(isSigningSecret, 'must be whsec_ and base64 of 24 to 64 bytes');
}

function isSigningSecret(text: string): boolean {
  const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1];
  const bytes = base64 === undefined ? 0 : Buffer.from(base64, 'base64').length;
  return bytes >= 24 && bytes <= 64;
}

function isWebAddress(text: string): boolean {
  const url = URL.parse(text);
  // A name and password in it is nothing that a request can be sent to.
  if (url === null || url.username !== '' || url.password !== '') return false;
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
}
