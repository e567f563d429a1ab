import { CRITERIA, type Suppression, type SuppressionCriteria } from '../core/detections/suppression.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { groupedText } from '../core/text/numbers.ts';
import { pageHref } from './href.ts';
import { type Html, html } from './html.ts';
import type { PageStatus } from './page_data.ts';
import { type Reader, sitePage, writingForm } from './site_page.ts';
import { timeMarkup } from './texts.ts';

/** An entry with what it did. */
export interface PageSuppression extends Suppression {
  readonly expired: boolean;
  readonly hits: { readonly detections: number; readonly last: Timestamp | null };
}

/** What a form is filled with: all text, as a person types it. */
export interface SuppressionDraft extends SuppressionCriteria {
  readonly reason: string;
  readonly days: string;
}

export interface SuppressionsPage {
  readonly reader: Reader;
  readonly status: PageStatus;
  readonly suppressions: readonly PageSuppression[];
  readonly draft: SuppressionDraft;
  /** Why the draft was refused; '' before it was sent. */
  readonly fault: string;
  /** Whether it can be added all the same. */
  readonly isForcible: boolean;
}

/** The entries, and a form for a new one. */
export function suppressionsPage(page: SuppressionsPage): string {
  const { reader, status, suppressions } = page;
  const title = `Suppressions: ${groupedText(suppressions.length)}`;
  const body = html`<section class="pane" aria-label="Suppressions"><h2 class="title">${title}</h2><p class="caption">Detections that fit an entry are recorded and listed, but no sink receives them. An entry acts from the next scoring run until it expires.</p>${addForm(page)}${tableOf(suppressions, reader)}</section>`;
  return sitePage({ root: '', current: 'suppressions', title, status, asOf: null, reader, body });
}

function tableOf(suppressions: readonly PageSuppression[], reader: Reader): Html {
  if (suppressions.length === 0) return html`<p class="empty">There are no suppressions.</p>`;
  return html`<table class="list-table entries"><caption class="sr">Suppressions, the first to expire first</caption><thead><tr><th scope="col">matches</th><th scope="col">reason</th><th scope="col">owner</th><th scope="col">expires</th><th scope="col" class="num">hits</th><th scope="col"><span class="sr">remove</span></th></tr></thead><tbody>${suppressions.map((each) => rowOf(each, reader))}</tbody></table>`;
}

function rowOf(entry: PageSuppression, reader: Reader): Html {
  const { id, reason, owner, createdAt, expires, expired, hits } = entry;
  const named = CRITERIA.filter((name) => entry[name] !== '');
  return html`<tr><th scope="row">${named.map((name, index) => html`${index > 0 && ', '}${name} <code>${entry[name]}</code>`)}<small>${id}</small></th><td>${reason}</td><td>${owner}<small>since ${timeMarkup(createdAt)}</small></td><td>${timeMarkup(expires)}${expired && html` <b>expired</b>`}</td><td class="num">${groupedText(hits.detections)}<small>${hits.last === null ? 'none yet' : timeMarkup(hits.last)}</small></td><td>${removeForm(reader, id)}</td></tr>`;
}

function removeForm(reader: Reader, id: string): Html | null {
  return writingForm(
    reader,
    pageHref('', 'suppressions'),
    `Remove ${id}`,
    html`<button name="remove" value="${id}">Remove<span class="sr"> ${id}</span></button>`,
  );
}

const LABELS: Readonly<Record<(typeof CRITERIA)[number], string>> = {
  device: 'Device (* is any text)',
  process: 'Process (* is any text)',
  remote: 'Address or CIDR range',
  hash: 'SHA-1 or SHA-256 of the newest program',
  source: 'Source',
  detector: 'Detector',
};

function addForm({ reader, draft, fault, isForcible }: SuppressionsPage): Html | null {
  return writingForm(
    reader,
    pageHref('', 'suppressions'),
    'Add a suppression',
    html`<h3>Add</h3>${fault !== '' && html`<p class="fault" role="alert">Refused: ${fault}</p>`}<div class="fields">${CRITERIA.map((name) => html`<label>${LABELS[name]} <input name="${name}" value="${draft[name]}" maxlength="1024" autocomplete="off"></label>`)}<label>Reason <input name="reason" value="${draft.reason}" maxlength="1000" required autocomplete="off"></label><label>Days until it expires (at most 366) <input name="days" value="${draft.days}" type="number" min="1" max="366" required></label></div>${isForcible && html`<label class="chip"><input type="checkbox" name="force" value="yes">Add it although it is wide</label> `}<button class="primary">Add</button>`,
  );
}
