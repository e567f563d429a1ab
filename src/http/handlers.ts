import type { App } from '../app.ts';
import { DETECTION_ID } from '../core/detections/detection.ts';
import { continuationOf, readDetectionQuery } from '../detections/detection_query.ts';
import { faultsIn, faultsText } from '../detections/input_faults.ts';
import { QueryRefused } from '../detections/query_detections.ts';
import { verdictInput, verdictPost } from '../detections/verdict_input.ts';
import { SECTIONS } from '../operations/section.ts';
import { BadRowError } from '../storage/ports/bad_row.ts';
import { type ApiRequest, type HttpAnswer, jsonAnswer, problemAnswer } from './answers.ts';
import { readBody } from './body.ts';
import type { Caller } from './sign_in.ts';
import { MAY_NOT_WRITE, writerOf } from './writer.ts';

type DetectionsApp = Pick<App, 'listDetections' | 'getDetection' | 'recordVerdict' | 'ownerOf'>;

/** `GET detections`, `GET detections/{id}`, and `POST detections/{id}` with a verdict. */
export async function detectionsResponse(app: DetectionsApp, request: ApiRequest, caller: Caller): Promise<HttpAnswer> {
  const id = request.params['id'];
  if (id === undefined) {
    return request.method === 'POST'
      ? problemAnswer(405, 'POST needs an id: detections/{id}', { allow: 'GET' })
      : await list(app, request);
  }
  try {
    return request.method === 'POST' ? await postVerdict(app, id, request, caller) : await show(app, id);
  } catch (error) {
    // A list skips such a row, and `health` names it.
    if (error instanceof BadRowError) return problemAnswer(500, `${error.message}. Repair or remove the row.`);
    throw error;
  }
}

/** `GET health`: 200 also where `problems` names something; 503, with the same body, where storage answered no section. */
export async function healthResponse(app: Pick<App, 'health'>): Promise<HttpAnswer> {
  const found = await app.health();
  return jsonAnswer(found.unavailable.length < SECTIONS.length ? 200 : 503, found);
}

async function list(app: DetectionsApp, { query }: ApiRequest): Promise<HttpAnswer> {
  const named = [...query];
  // The function's key may stand in the query.
  const { code: _key, ...parameters } = Object.fromEntries(named) as Record<string, string>;
  // Of two values one would be ignored silently.
  const twice = Object.keys(parameters).find((name) => named.filter(([each]) => each === name).length > 1);
  const read = readDetectionQuery(parameters);
  if (!read.ok) return problemAnswer(400, faultsText(read.faults));
  if (twice !== undefined) return problemAnswer(400, `${twice} must be given only once`);
  try {
    const { detections, total, next } = await app.listDetections(read.query);
    return jsonAnswer(200, { detections, total, continuation: next && continuationOf(next) });
  } catch (error) {
    if (error instanceof QueryRefused) return problemAnswer(400, error.message);
    throw error;
  }
}

async function show(app: DetectionsApp, id: string): Promise<HttpAnswer> {
  const detection = DETECTION_ID.test(id) ? await app.getDetection(id) : null;
  if (detection === null) return unknown();
  return jsonAnswer(200, { ...detection, owner: await app.ownerOf(detection.RemoteIP) });
}

async function postVerdict(app: DetectionsApp, id: string, request: ApiRequest, caller: Caller): Promise<HttpAnswer> {
  if (!caller.mayWrite) return problemAnswer(403, MAY_NOT_WRITE);
  if (!DETECTION_ID.test(id)) return unknown();
  const body = await readBody(request);
  if (!body.ok) return problemAnswer(body.status, body.detail);
  // A key alone names nobody: the body does.
  const post = (caller.name === null ? verdictInput : verdictPost).safeParse(body.json);
  if (!post.success) return problemAnswer(400, faultsText(faultsIn(post.error)));
  const who = writerOf('who', post.data.who, caller);
  if (!who.ok) return problemAnswer(400, who.detail);
  return (await app.recordVerdict(id, { ...post.data, who: who.name })) ? await show(app, id) : unknown();
}

function unknown(): HttpAnswer {
  return problemAnswer(404, 'there is no detection with this id');
}
