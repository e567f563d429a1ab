/** Much more than the longest note needs. */
export const MAX_BODY_BYTES = 16 * 1024;

export type BodyReading =
  | { readonly ok: true; readonly json: unknown }
  | { readonly ok: false; readonly status: 400 | 413 | 415; readonly detail: string };

/** The part of a request that a body is read from. */
export interface Bodied {
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** Reads a small JSON body; stops at the first byte above `MAX_BODY_BYTES`. */
export async function readBody({ headers, body }: Bodied): Promise<BodyReading> {
  const type = (headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') return { ok: false, status: 415, detail: 'the body must be application/json' };
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body ?? []) {
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) {
      return { ok: false, status: 413, detail: `the body must be at most ${MAX_BODY_BYTES} bytes` };
    }
    parts.push(part);
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
    return { ok: true, json: JSON.parse(text) };
  } catch (error) {
    // The messages of JSON.parse and of the decoder repeat parts of the body.
    if (error instanceof SyntaxError || error instanceof TypeError) {
      return { ok: false, status: 400, detail: 'the body must be JSON in UTF-8' };
    }
    throw error;
  }
}
