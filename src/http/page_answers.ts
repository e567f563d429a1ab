import type { App } from '../app.ts';
import { PAGE_POLICY } from '../web/page_shell.ts';
import { type ApiRequest, GUARDED, type HttpAnswer } from './answers.ts';

/** The use cases of the pages. */
export type PagesApp = Pick<
  App,
  | 'config'
  | 'now'
  | 'listDetections'
  | 'getDetection'
  | 'ownerOf'
  | 'recordVerdict'
  | 'health'
  | 'listSuppressions'
  | 'addSuppression'
  | 'removeSuppression'
>;

/** A request for a page. */
export interface PageRequest extends ApiRequest {
  /** The path of its address. */
  readonly path: string;
}

/** A page. The policy stands in it too; a header alone forbids frames. */
export function page(status: number, body: string): HttpAnswer {
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `${PAGE_POLICY}; frame-ancestors 'none'`,
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      ...GUARDED,
    },
    body,
  };
}

/** Leads to another address with GET. */
export function seeOther(location: string): HttpAnswer {
  return { status: 303, headers: { location, ...GUARDED }, body: '' };
}
