import { parseXml, XmlElement, XmlError } from '@rgrove/parse-xml';
import type { ReadFault } from '../records/reading.ts';
import type { JsonRow } from './row.ts';
import { windowsEventData } from './windows_xml.ts';

/** Characters that XML 1.0 does not allow, literally or as a reference. */
const NOT_IN_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;
const REFERENCE = /&#(?:x([0-9a-f]{1,6})|([0-9]{1,7}));/gi;

/** Windows limits an event to 64 KiB. */
export const MAX_XML_LENGTH = 65_536;

/**
 * The data of a Windows event by name, from the XML of Log Analytics: an `EventData` element, alone or within another
 * (`DataItem`), with `<Data Name="…">…</Data>`. References (`&amp;`) are decoded, white space is kept.
 *
 * An attacker controls part of the text. A document type, which could declare entities, is refused before parsing; the
 * parser refuses unknown entities; length is limited here, and depth by the stack. A repeated name is ambiguous and
 * refused. Characters that XML does not allow become U+FFFD: file names may hold them, and a refusal would let a program
 * hide its connections by its name.
 */
export function eventDataOf(xml: string): JsonRow | ReadFault {
  const data = xml.length > MAX_XML_LENGTH ? null : windowsEventData(xml);
  return data ?? parsedEventDataOf(xml);
}

/** The same by the XML parser alone. */
export function parsedEventDataOf(xml: string): JsonRow | ReadFault {
  const root = rootOf(xml);
  return root === null ? 'bad-xml' : dataOf(root);
}

/** The data of an `EventData` element: the root itself, or its child. */
export function dataOf(root: XmlElement): JsonRow | ReadFault {
  const element = eventDataIn(root);
  if (element === null) return 'bad-xml';
  const data = new Map<string, string>();
  for (const child of element.children) {
    if (!(child instanceof XmlElement) || child.name !== 'Data') continue;
    const name = child.attributes['Name'];
    if (name === undefined) continue;
    if (data.has(name)) return 'bad-xml';
    data.set(name, child.text);
  }
  return Object.fromEntries(data);
}

/** The text with U+FFFD in place of characters that XML does not allow. */
function withoutNotInXml(xml: string): string {
  return xml.replace(NOT_IN_XML, '\ufffd').replace(REFERENCE, (reference, hex?: string, decimal?: string) => {
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff && String.fromCodePoint(code).search(NOT_IN_XML) === -1 ? reference : '\ufffd';
  });
}

/** The values of the `<Param>…</Param>` elements that Log Analytics keeps in `ParameterXml`, in their order. */
export function paramsOf(xml: string): readonly string[] | ReadFault {
  const root = rootOf(`<Params>${xml}</Params>`);
  if (root === null) return 'bad-xml';
  return root.children.flatMap((child) => (child instanceof XmlElement && child.name === 'Param' ? [child.text] : []));
}

/** The root of XML that an attacker may have written, with the limits of `eventDataOf`; null if it is not XML. */
export function rootOf(xml: string): XmlElement | null {
  if (xml.length > MAX_XML_LENGTH || xml.includes('<!DOCTYPE')) return null;
  const root = parsed(xml);
  if (root !== null) return root;
  const allowed = withoutNotInXml(xml);
  return allowed === xml ? null : parsed(allowed);
}

function parsed(xml: string): XmlElement | null {
  try {
    return parseXml(xml).root;
  } catch (error) {
    // A RangeError: nested deeper than the stack.
    if (error instanceof XmlError || error instanceof RangeError) return null;
    throw error;
  }
}

function eventDataIn(root: XmlElement): XmlElement | null {
  if (root.name === 'EventData') return root;
  for (const child of root.children) if (child instanceof XmlElement && child.name === 'EventData') return child;
  return null;
}
