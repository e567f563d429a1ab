/** Far above what a note needs. */
export const MAX_BODY_BYTES = 16 * 1024;

export type BodyReading =
  | { readonly ok: true; readonly json: unknown }
  | { readonly ok: false; readonly status: 400 | 413 | 415; readonly detail: string };

/** What of a request a body is read from. */
export interface Bodied {
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** Reads a small JSON body, and no more of a large one than shows that it is. */
export async function readBody({ headers, body }: Bodied): Promise<BodyReading> {
  const type = (headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') return { ok: false, status: 415, detail: 'the body must be application/json' };
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body ?? []) {
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) {
      return { ok: false, status: 413, detail: `the body may be at most ${MAX_BODY_BYTES} bytes` };
    }
    parts.push(part);
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
    return { ok: true, json: JSON.parse(text) };
  } catch (error) {
    // What JSON.parse and the decoder say repeats what was sent.
    if (error instanceof SyntaxError || error instanceof TypeError) {
      return { ok: false, status: 400, detail: 'the body is not JSON in UTF-8' };
    }
    throw error;
  }
}
