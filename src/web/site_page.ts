import type { Timestamp } from '../core/kql/timestamp.ts';
import { type Href, pageHref } from './href.ts';
import { type Html, html } from './html.ts';
import type { PageStatus } from './page_data.ts';
import { pageShell } from './page_shell.ts';

/** Who reads the pages. */
export interface Reader {
  /** As the sign-in names the person. */
  readonly name: string;
  /** Stands in every form, and is compared when one arrives; null for somebody who may only read. */
  readonly formToken: string | null;
}

/** The pages, by the first part of their path. */
export const SITE_PAGES = ['detections', 'fleet', 'health', 'suppressions'] as const;
export type SitePageName = (typeof SITE_PAGES)[number];

const TITLES: Readonly<Record<SitePageName, string>> = {
  detections: 'List',
  fleet: 'Fleet',
  health: 'Health',
  suppressions: 'Suppressions',
};

export interface SitePage {
  /** '' for the list of pages itself; `../` for a page one level below. */
  readonly root: '' | '../';
  readonly current: SitePageName | null;
  readonly title: string;
  readonly status: PageStatus;
  readonly asOf: Timestamp | null;
  readonly reader: Reader;
  readonly body: Html;
}

/** A page of the site: the same bytes on this machine and in the cloud. */
export function sitePage({ root, current, title, status, asOf, reader, body }: SitePage): string {
  const may = reader.formToken === null ? 'reads only' : 'may write';
  return pageShell({
    title: `Beaconwatch: ${title}`,
    status: { ...status, parts: [...status.parts, `${reader.name}, ${may}`] },
    asOf,
    links: SITE_PAGES.map((name) => ({
      text: TITLES[name],
      href: pageHref(root, name),
      isCurrent: name === current,
    })),
    body: html`<main class="site">${body}</main>`,
  });
}

/** A form that writes; null for a reader who may not. The token proves that one of our own pages sent it. */
export function writingForm(reader: Reader, action: Href, name: string, content: Html): Html | null {
  if (reader.formToken === null) return null;
  return html`<form method="post" action="${action}" class="write" aria-label="${name}"><input type="hidden" name="token" value="${reader.formToken}">${content}</form>`;
}

/** A page that says why there is no other one. */
export function messagePage(root: '' | '../', reader: Reader, title: string, message: string): string {
  return sitePage({
    root,
    current: null,
    title,
    status: { isHealthy: null, title, parts: [], notes: [] },
    asOf: null,
    reader,
    body: html`<section class="pane" aria-label="Message"><h2 class="title">${title}</h2><p>${message}</p></section>`,
  });
}
