/** Where a link leads: a place in the page, or a page of Microsoft's portal. */
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

/** Whether a text is such an address: no other scheme, no other host. */
export function isHref(text: string): text is Href {
  return /^#[\w%!'()*.~-]*$/.test(text) || text.startsWith(`${PORTAL}/`);
}
