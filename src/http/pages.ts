import { DETECTION_ID } from '../core/detections/detection.ts';
import { QueryRefused } from '../detections/query_detections.ts';
import { healthFacts } from '../operations/health_facts_text.ts';
import { BadRowError } from '../storage/ports/bad_row.ts';
import { StoreError } from '../storage/ports/store_error.ts';
import { healthPage } from '../web/health_page.ts';
import { messagePage, type Reader, SITE_PAGES } from '../web/site_page.ts';
import type { HttpAnswer } from './answers.ts';
import { detectionResponse, fleetResponse, listResponse } from './detection_pages.ts';
import { type PageRequest, type PagesApp, page, seeOther } from './page_answers.ts';
import { postedVerdict, postFault } from './page_posts.ts';
import { PageQueryRefused } from './page_query.ts';
import { postedSuppression, suppressionsPageResponse } from './suppression_pages.ts';

/**
 * The analyst pages: `detections`, `detections/{id}`, `fleet`, `health`, `suppressions`. All links are relative, so the
 * pages are the same bytes under any address. Who reads was decided before. A fault of the storage is a page too.
 */
export async function pagesResponse(app: PagesApp, request: PageRequest, reader: Reader): Promise<HttpAnswer> {
  const root = request.params['id'] === undefined ? '' : '../';
  try {
    return await answerOf(app, request, reader);
  } catch (error) {
    if (error instanceof PageQueryRefused) return message(400, root, reader, 'Not shown', error.message);
    if (error instanceof QueryRefused) return message(400, root, reader, 'Too many detections', error.message);
    if (error instanceof BadRowError)
      return message(500, root, reader, 'A stored row cannot be read', `${error.message}. Repair or remove the row.`);
    if (error instanceof StoreError)
      return message(503, root, reader, 'The storage does not answer', `${error.message}. ${CHECK}`);
    throw error;
  }
}

const CHECK = 'Check the storage account, its network and the roles on it.';

async function answerOf(app: PagesApp, request: PageRequest, reader: Reader): Promise<HttpAnswer> {
  const { method, path, params } = request;
  const { view, id } = params;
  // Relative links need an address without a slash at its end, and the name of a page.
  if (view === undefined) return seeOther(`${path.endsWith('/') ? '' : `${lastOf(path)}/`}detections`);
  if (path.endsWith('/')) return seeOther(`../${encodeURIComponent(id ?? view)}`);
  if (id !== undefined && !(view === 'detections' && DETECTION_ID.test(id))) return notFound('../', reader);
  if (!SITE_PAGES.some((name) => name === view)) return notFound(id === undefined ? '' : '../', reader);
  if (method === 'POST') return await posted(app, request, reader);
  if (id !== undefined) return (await detectionResponse(app, id, reader)) ?? notFound('../', reader);
  switch (view) {
    case 'fleet':
      return await fleetResponse(app, request, reader);
    case 'health':
      return await healthPageResponse(app, reader);
    case 'suppressions':
      return await suppressionsPageResponse(app, request, reader);
    default:
      return await listResponse(app, request, reader);
  }
}

async function posted(app: PagesApp, request: PageRequest, reader: Reader): Promise<HttpAnswer> {
  const { view, id } = request.params;
  const root = id === undefined ? '' : '../';
  const read = await postFault(request, reader);
  if (!read.ok) return message(read.status, root, reader, 'Not done', read.detail);
  if (id !== undefined) return await postedVerdict(app, id, read.fields, reader);
  if (view === 'suppressions') return await postedSuppression(app, read.fields, reader);
  return message(405, root, reader, 'Not done', 'This page takes no form.');
}

async function healthPageResponse(app: PagesApp, reader: Reader): Promise<HttpAnswer> {
  const health = await app.health();
  const { problems } = health;
  const isHealthy = problems.length === 0;
  const title = isHealthy ? 'healthy' : `${problems.length === 1 ? '1 problem' : `${problems.length} problems`}`;
  const status = { isHealthy, title, parts: [], notes: [] };
  return page(200, healthPage({ reader, status, problems, facts: healthFacts(health) }));
}

function notFound(root: '' | '../', reader: Reader): HttpAnswer {
  return message(404, root, reader, 'Not found', 'There is no such page, and no detection with this id.');
}

function message(status: number, root: '' | '../', reader: Reader, title: string, text: string): HttpAnswer {
  return page(status, messagePage(root, reader, title, text));
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
