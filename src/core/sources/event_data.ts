import { parseXml, XmlElement, XmlError } from '@rgrove/parse-xml';
import type { ReadFault } from '../records/reading.ts';
import type { JsonRow } from './row.ts';

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
  if (xml.length > MAX_XML_LENGTH || xml.includes('<!DOCTYPE')) return 'bad-xml';
  const element = eventDataElement(xml) ?? eventDataElementWithout(xml);
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

/** The same for text with characters that XML does not allow. */
function eventDataElementWithout(xml: string): XmlElement | null {
  const allowed = xml.replace(NOT_IN_XML, '\ufffd').replace(REFERENCE, (reference, hex?: string, decimal?: string) => {
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff && String.fromCodePoint(code).search(NOT_IN_XML) === -1 ? reference : '\ufffd';
  });
  return allowed === xml ? null : eventDataElement(allowed);
}

function eventDataElement(xml: string): XmlElement | null {
  try {
    const { root } = parseXml(xml);
    if (root === null || root.name === 'EventData') return root;
    for (const child of root.children) if (child instanceof XmlElement && child.name === 'EventData') return child;
    return null;
  } catch (error) {
    // A RangeError: nested deeper than the stack.
    if (error instanceof XmlError || error instanceof RangeError) return null;
    throw error;
  }
}
