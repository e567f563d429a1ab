import { type Html, html } from './html.ts';
import type { PageStatus } from './page_data.ts';
import { type Reader, sitePage } from './site_page.ts';

export interface HealthPage {
  readonly reader: Reader;
  readonly status: PageStatus;
  /** A sentence each, with the next step. */
  readonly problems: readonly string[];
  readonly facts: readonly { readonly name: string; readonly text: string }[];
}

/** What needs attention, and the facts from which that follows. */
export function healthPage({ reader, status, problems, facts }: HealthPage): string {
  const body = html`<section class="pane" aria-label="Health"><h2 class="title">Health: ${status.title}</h2>${problemsOf(problems)}<dl class="facts health">${facts.map(({ name, text }) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`)}</dl></section>`;
  return sitePage({ root: '', current: 'health', title: 'Health', status, asOf: null, reader, body });
}

function problemsOf(problems: readonly string[]): Html {
  if (problems.length === 0) return html`<p>Nothing needs attention.</p>`;
  return html`<ul class="notes problems">${problems.map((problem) => html`<li>${problem}</li>`)}</ul>`;
}
