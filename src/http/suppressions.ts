import type { App } from '../app.ts';
import { DAY_MS } from '../core/kql/timespan.ts';
import { timestampFromMs } from '../core/kql/timestamp.ts';
import { faultsIn, faultsText } from '../detections/input_faults.ts';
import { suppressionInput } from '../detections/suppression_input.ts';
import { type ApiRequest, GUARDED, type HttpAnswer, jsonAnswer, problemAnswer } from './answers.ts';
import { readBody } from './body.ts';
import type { Caller } from './sign_in.ts';
import { MAY_NOT_WRITE, writerOf } from './writer.ts';

type SuppressionsApp = Pick<App, 'now' | 'listSuppressions' | 'addSuppression' | 'removeSuppression'>;

/** `GET suppressions`, `POST suppressions`, and `DELETE suppressions/{id}`. */
export async function suppressionsResponse(
  app: SuppressionsApp,
  request: ApiRequest,
  caller: Caller,
): Promise<HttpAnswer> {
  const id = request.params['id'];
  if (request.method === 'GET' && id === undefined)
    return jsonAnswer(200, { suppressions: await app.listSuppressions() });
  if (request.method === 'POST' && id === undefined) return await add(app, request, caller);
  if (request.method === 'DELETE' && id !== undefined) return await remove(app, id, caller);
  return id === undefined
    ? problemAnswer(405, 'DELETE needs an id: suppressions/{id}', { allow: 'GET, POST' })
    : problemAnswer(405, 'suppressions/{id} can only be deleted', { allow: 'DELETE' });
}

async function add(app: SuppressionsApp, request: ApiRequest, caller: Caller): Promise<HttpAnswer> {
  if (!caller.mayWrite) return problemAnswer(403, MAY_NOT_WRITE);
  const body = await readBody(request);
  if (!body.ok) return problemAnswer(body.status, body.detail);
  const read = suppressionInput.safeParse(body.json);
  if (!read.success) return problemAnswer(400, faultsText(faultsIn(read.error)));
  const { owner: given, days, force, ...criteria } = read.data;
  const owner = writerOf('owner', given, caller);
  if (!owner.ok) return problemAnswer(400, owner.detail);
  const expires = timestampFromMs(app.now() + days * DAY_MS);
  const added = await app.addSuppression({ ...criteria, owner: owner.name, expires }, force);
  if (added.ok) {
    const never = { expired: false, hits: { detections: 0, since: null, last: null } };
    return jsonAnswer(201, { ...added.suppression, ...never });
  }
  // The reason of a refusal as too wide repeats a name of the request.
  return added.forcible ? problemAnswer(409, TOO_WIDE) : problemAnswer(400, added.reason);
}

const TOO_WIDE = 'the entry is too wide: name a device or an address as well, or set force to true';

async function remove(app: SuppressionsApp, id: string, caller: Caller): Promise<HttpAnswer> {
  if (!caller.mayWrite) return problemAnswer(403, MAY_NOT_WRITE);
  return (await app.removeSuppression(id))
    ? { status: 204, headers: { ...GUARDED }, body: '' }
    : problemAnswer(404, 'there is no suppression with this id');
}
