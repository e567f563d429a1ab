import { createHash } from 'node:crypto';
import type { Timestamp } from '../core/kql/timestamp.ts';
import type { Href } from './href.ts';
import { attribute, constantMarkup, type Html, html } from './html.ts';
import type { PageStatus } from './page_data.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';
import { timeMarkup } from './texts.ts';

/**
 * What a page may load and run: its own style sheet and script, by their hashes, and nothing else. No request, no form to
 * another place, no markup from text in a script.
 */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src '${hashOf(STYLE)}'`,
  `script-src '${hashOf(SCRIPT)}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'self'",
  "require-trusted-types-for 'script'",
].join('; ');

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

const ICON = constantMarkup(
  `<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M2 8h3l2-5 3 10 2-5h2' fill='none' stroke='%23b3201a' stroke-width='2'/%3E%3C/svg%3E">`,
);

export interface ShellOptions {
  readonly title: string;
  readonly status: PageStatus;
  /** The end of the window; null for a page without one. */
  readonly asOf: Timestamp | null;
  readonly links: readonly PageLink[];
  readonly body: Html;
}

export interface PageLink {
  readonly text: string;
  readonly href: Href;
  readonly isCurrent: boolean;
}

/** A whole document. The policy stands in it, since a file has no headers. */
export function pageShell({ title, status, asOf, links, body }: ShellOptions): string {
  return `<!DOCTYPE html>\n${html`<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${PAGE_POLICY}"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="same-origin"><meta name="color-scheme" content="light dark"><title>${title}</title>${ICON}${constantMarkup(`<style>${STYLE}</style><script>${SCRIPT}</script>`)}</head>
<body><header class="top"><h1>Beaconwatch</h1><p>${statusLine(status, asOf)}</p><nav aria-label="Pages">${links.map(
    ({ text, href, isCurrent }) =>
      html`<a href="${href}"${isCurrent && attribute('aria-current', 'page')}${isCurrent && attribute('data-current', '')}>${text}</a>`,
  )}</nav></header>
${body}<p id="said" class="sr" role="status"></p></body></html>`}\n`;
}

function statusLine({ isHealthy, title, parts }: PageStatus, asOf: Timestamp | null): Html {
  const lamp = isHealthy === null ? null : html`<span class="lamp${isHealthy ? '' : ' bad'}"></span>`;
  return html`${lamp}${title}${asOf !== null && html` · window to ${timeMarkup(asOf)}`}${parts.map((part) => ` · ${part}`)}`;
}
