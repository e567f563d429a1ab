import { parseXml, XmlElement, XmlError } from '@rgrove/parse-xml';
import type { ReadFault } from '../records/reading.ts';
import type { JsonRow } from './row.ts';

/** What XML 1.0 has no place for, as it stands or as a reference. */
const UNSPEAKABLE = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;
const REFERENCE = /&#(?:x([0-9a-f]{1,6})|([0-9]{1,7}));/gi;

/** Windows lets an event have 64 KiB at most. */
export const MAX_XML_LENGTH = 65_536;

/**
 * The data of a Windows event by its names, out of the XML that Log Analytics keeps it as: an `EventData` element, by
 * itself or within another (`DataItem`), of `<Data Name="…">…</Data>`. References (`&amp;`) are read, white space stays.
 *
 * The text is an attacker's in part: a document type, which could declare entities, is refused before anything is read,
 * entities that XML does not know are an error to the parser, length is bounded here, and depth by the stack. Two values
 * of one name are refused, since nobody can say which one is meant. Characters that XML does not allow, but names of
 * files do, are read as U+FFFD: a program would hide its connections by its name.
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

/** The same of XML that has characters which XML has not. */
function eventDataElementWithout(xml: string): XmlElement | null {
  const spoken = xml.replace(UNSPEAKABLE, '\ufffd').replace(REFERENCE, (reference, hex?: string, decimal?: string) => {
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff && String.fromCodePoint(code).search(UNSPEAKABLE) === -1 ? reference : '\ufffd';
  });
  return spoken === xml ? null : eventDataElement(spoken);
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
