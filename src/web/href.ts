/** Where a link leads: a place in the page, another page of the site, or a page of Microsoft's portal. */
export type Href = string & { readonly __unit: 'href' };

/** A place in this page. `fragmentHref('fleet')` is `#fleet`. */
export function fragmentHref(id: string): Href {
  return `#${encodeURIComponent(id.toWellFormed())}` as Href;
}

/** The page of a device in Microsoft Defender's portal. */
export function defenderDeviceHref(deviceName: string): Href {
  return `${PORTAL}/machines?q=${encodeURIComponent(deviceName.toWellFormed())}` as Href;
}

const PORTAL = 'https://security.microsoft.com';

/**
 * Another page of the site, relative to the one that links to it: all pages are the same bytes under any address.
 * `pageHref('../', 'detections', { view: 'resolved' })` is `../detections?view=resolved`.
 */
export function pageHref(root: '' | '../', path: string, query: Readonly<Record<string, string>> = {}): Href {
  const parameters = Object.entries(query).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value.toWellFormed())}`,
  );
  const href = `${root}${path}${parameters.length === 0 ? '' : `?${parameters.join('&')}`}`;
  if (!isHref(href)) throw new TypeError('not an address of a page');
  return href;
}

/** A page of the site: a name, the id of a detection below it, parameters. No scheme and no host can stand in it. */
const PAGE = /^(?:\.\.\/)?(?:detections(?:\/[0-9a-f]{32})?|fleet|health|suppressions)(?:\?[\w%!'()*.~&=-]*)?$/;

/** Whether a text is such an address: no other scheme, no other host. */
export function isHref(text: string): text is Href {
  return /^#[\w%!'()*.~-]*$/.test(text) || PAGE.test(text) || text.startsWith(`${PORTAL}/`);
}
