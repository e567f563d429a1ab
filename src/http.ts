import * as z from 'zod';
import type { App } from './app.ts';

/** What an HTTP function answers with. */
export interface HttpAnswer {
  readonly status: number;
  readonly jsonBody: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

const query = z.strictObject({
  state: z.enum(['new', 'ongoing', 'resolved']).optional(),
  device: z.string().min(1).max(1024).optional(),
});
const DETECTION_ID = /^[0-9a-f]{32}\|[a-z]+$/;

/** `GET detections`, with `?state=` and `?device=`, and `GET detections/{id}`. */
export async function detectionsResponse(
  app: Pick<App, 'listDetections' | 'getDetection'>,
  id: string | undefined,
  search: Iterable<readonly [string, string]>,
): Promise<HttpAnswer> {
  if (id !== undefined) {
    const detection = DETECTION_ID.test(id) ? await app.getDetection(id) : null;
    return detection === null ? answer(404, { error: 'there is no detection of this id' }) : answer(200, detection);
  }
  const { code: _key, ...rest } = Object.fromEntries(search) as Record<string, string>;
  const filter = query.safeParse(rest);
  if (!filter.success) return answer(400, { error: z.prettifyError(filter.error) });
  const { state, device } = filter.data;
  return answer(200, await app.listDetections({ ...(state && { state }), ...(device && { device }) }));
}

function answer(status: number, jsonBody: unknown): HttpAnswer {
  // What is shown comes from attackers: no browser is to guess it is a page.
  return { status, jsonBody, headers: { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' } };
}
