import type { Hour } from '../core/kql/bin.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { detectionPane } from './detection_pane.ts';
import { pageHref } from './href.ts';
import { attribute, type Html, html } from './html.ts';
import type { Neighbours } from './neighbours.ts';
import type { PageDetection, PageStatus } from './page_data.ts';
import { type Reader, sitePage, writingForm } from './site_page.ts';
import { processText, shortDevice } from './texts.ts';

export interface OneDetection {
  readonly reader: Reader;
  readonly status: PageStatus;
  /** The end of the window of the pictures. */
  readonly asOf: Timestamp;
  readonly hours: readonly Hour[];
  readonly detection: PageDetection;
  readonly neighbours: Neighbours;
  /** The detections before and after it in the list; null for none. */
  readonly previous: PageDetection | null;
  readonly next: PageDetection | null;
}

/** One detection, under an address of its own. */
export function detectionPage(page: OneDetection): string {
  const { reader, status, asOf, hours, detection, neighbours } = page;
  const title = `${processText(detection)} on ${shortDevice(detection.DeviceName)}`;
  const pane = detectionPane(detection, {
    asOf,
    hours,
    fleet: null,
    neighbours,
    hrefOf: ({ id }) => pageHref('../', `detections/${id}`),
    listHref: pageHref('../', 'detections'),
    drawingOf: () => ({ kind: 'alone' }),
    key: '0',
    actions:
      reader.formToken === null
        ? null
        : html`<div class="actions">${verdictForm(reader, detection)}${suppressLink(detection)}</div><p class="caption">A verdict suppresses nothing: sinks are notified of later changes all the same.</p>`,
  });
  const body = html`<article class="pane detail" aria-label="Detection">${stepsOf(page)}${pane}</article>`;
  return sitePage({ root: '../', current: null, title, status, asOf, reader, body });
}

function stepsOf({ previous, next }: OneDetection): Html {
  const link = (to: PageDetection | null, key: string, text: string) =>
    to !== null &&
    html`<a href="${pageHref('../', `detections/${to.id}`)}"${attribute('data-key', key)}>${text} <kbd>${key}</kbd></a> `;
  return html`<p class="steps">${link(previous, 'k', 'Previous')}${link(next, 'j', 'Next')}</p>`;
}

const VERDICT_KEYS = [
  { value: 'acknowledged', key: 'a', text: 'Acknowledge' },
  { value: 'true-positive', key: 't', text: 'True positive' },
  { value: 'benign-positive', key: 'b', text: 'Benign positive' },
  { value: 'false-positive', key: 'f', text: 'False positive' },
] as const;

function verdictForm(reader: Reader, { id }: PageDetection): Html | null {
  return writingForm(
    reader,
    pageHref('../', `detections/${id}`),
    'Verdict',
    html`<label>Note <input name="note" maxlength="1000" autocomplete="off"></label>${VERDICT_KEYS.map(({ value, key, text }) => html`<button name="value" value="${value}"${attribute('data-key', key)}>${text} <kbd>${key}</kbd></button>`)}`,
  );
}

/** By its id: names of the telemetry in an address would end up in histories and logs. */
function suppressLink({ id }: PageDetection): Html {
  return html`<a class="button" href="${pageHref('../', 'suppressions', { of: id })}" data-key="s">Suppress… <kbd>s</kbd></a>`;
}
