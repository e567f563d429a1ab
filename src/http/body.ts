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
export async function readBody(request: Bodied): Promise<BodyReading> {
  const read = await readText(request, 'application/json');
  if (!read.ok) return read;
  try {
    return { ok: true, json: JSON.parse(read.text) };
  } catch (error) {
    // The message of JSON.parse repeats parts of the body.
    if (error instanceof SyntaxError) return NOT_JSON;
    throw error;
  }
}

export type FormReading =
  | { readonly ok: true; readonly fields: Readonly<Record<string, string>> }
  | (BodyReading & { readonly ok: false });

/** Reads the body of a small form. Of a field that is there twice, the last one counts. */
export async function readForm(request: Bodied): Promise<FormReading> {
  const read = await readText(request, 'application/x-www-form-urlencoded');
  return read.ok ? { ok: true, fields: Object.fromEntries(new URLSearchParams(read.text)) } : read;
}

const NOT_JSON = { ok: false, status: 400, detail: 'the body must be JSON in UTF-8' } as const;

async function readText(
  { headers, body }: Bodied,
  expected: string,
): Promise<{ readonly ok: true; readonly text: string } | (BodyReading & { readonly ok: false })> {
  const type = (headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== expected) return { ok: false, status: 415, detail: `the body must be ${expected}` };
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
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts)) };
  } catch (error) {
    // The message of the decoder repeats parts of the body.
    if (error instanceof TypeError) return NOT_JSON;
    throw error;
  }
}
