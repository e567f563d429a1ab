import * as z from 'zod';
import type { Detection } from '../../core/detections/detection.ts';
import { encoded, type Link } from './portal_links.ts';

/** Links of a message: label to template, such as `https://security.example/search?q={DeviceName}`. */
export type Links = Readonly<Record<string, string>>;

const PLACEHOLDER = /\{([A-Za-z]+)\}/g;
const VALUES = {
  DeviceName: (detection: Detection) => detection.DeviceName,
  InitiatingProcessFileName: (detection: Detection) => detection.InitiatingProcessFileName,
  RemoteIP: (detection: Detection) => detection.RemoteIP,
  id: (detection: Detection) => detection.groupId,
  groupId: (detection: Detection) => detection.groupId,
} satisfies Record<string, (detection: Detection) => string>;
const NAMES = Object.keys(VALUES)
  .map((name) => `{${name}}`)
  .join(', ');
const MOST_LINKS = 5;
const LONGEST_URL = 1000;

/** The `LINKS` setting, from JSON. */
export const linksSchema = z
  .record(
    z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9 _-]{0,39}$/, 'must be labelled with 1 to 40 letters, digits, spaces, _ or -'),
    z.string().max(500).refine(isTemplate, `must be an https URL, whose path or query may hold ${NAMES}`),
  )
  .refine((links) => Object.keys(links).length <= MOST_LINKS, `must be at most ${MOST_LINKS}`);

/** A placeholder may stand in the path or the query, never in the host. */
function isTemplate(template: string): boolean {
  for (const [, name] of template.matchAll(PLACEHOLDER)) if (!Object.hasOwn(VALUES, name ?? '')) return false;
  const bare = template.replace(PLACEHOLDER, 'x');
  if (/[{}]/.test(bare)) return false;
  const origin = /^https:\/\/[^/?#{}@\\]+(?=[/?#]|$)/.exec(template)?.[0];
  const url = URL.parse(bare);
  return origin !== undefined && url !== null && url.protocol === 'https:' && url.username === '';
}

/**
 * The links of one detection, with URL-encoded names. A link that is too long, or that would leave the path of its template
 * (a name that is `..`), is skipped.
 */
export function linksOf(templates: Links, detection: Detection): Link[] {
  return Object.entries(templates).flatMap(([label, template]) => {
    const url = filled(template, detection);
    return url === null ? [] : [{ label, url }];
  });
}

function filled(template: string, detection: Detection): string | null {
  const text = template.replace(PLACEHOLDER, (_, name: keyof typeof VALUES) => encoded(VALUES[name](detection)));
  const url = URL.parse(text);
  // A name such as `..` changes the number of path segments when the URL is normalized.
  const isAsWritten =
    url !== null && partsOf(url.pathname) === partsOf(URL.parse(template.replace(PLACEHOLDER, 'x'))?.pathname);
  return isAsWritten && text.length <= LONGEST_URL ? url.href : null;
}

function partsOf(path: string | undefined): number {
  return path?.split('/').length ?? 0;
}
