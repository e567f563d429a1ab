import type { JsonRow } from './row.ts';

/** What an event in XML says about itself, as far as a reader needs it. */
export interface EventXml {
  readonly computer: string;
  readonly systemTime: string;
  readonly data: JsonRow;
}

/**
 * A fast reader for the XML that Windows itself writes. Every step is anchored where the one before ended, in the order of
 * Windows. Anything else gives null, also a document that is well-formed, and the XML parser decides: so both give the same
 * for every text (the test holds them against each other).
 */

/** A value, without tags and without characters that XML does not allow or changes (U+000D). */
const VALUE = String.raw`[^<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]*`;
/** The same within quotes; a parser would read a tab, a new line or a reference there as something else. */
const QUOTED = ['"', "'"].map((quote) => String.raw`${quote}[^<>&${quote}\x00-\x1f\ud800-\udfff\ufffe\uffff]*${quote}`);
const attribute = (name: string) => ` ${name}=(?:${QUOTED.join('|')})`;
const maybe = (part: string) => `(?:${part})?`;
const element = (name: string, attributes = '') =>
  `<${name}${attributes}>[^<>&\\x00-\\x1f\\ud800-\\udfff\\ufffe\\uffff]*</${name}>`;
const empty = (name: string, ...attributes: readonly string[]) =>
  `<${name}${attributes.map((each) => maybe(attribute(each))).join('')} ?/>`;
const BLANK = '[ \\t\\r\\n]*';
const NAMESPACE = maybe(attribute('xmlns'));

/** `<Event>` and its `<System>`, whose elements have one order. */
const SYSTEM = [
  `<Event${NAMESPACE}>`,
  '<System>',
  `<Provider${attribute('Name')}${maybe(attribute('Guid'))}${maybe(attribute('EventSourceName'))} ?/>`,
  element('EventID', maybe(attribute('Qualifiers'))),
  ...['Version', 'Level', 'Task', 'Opcode', 'Keywords'].map((name) => maybe(element(name) + BLANK)),
  `<TimeCreated SystemTime=(${QUOTED.join('|')}) ?/>`,
  element('EventRecordID'),
  maybe(empty('Correlation', 'ActivityID', 'RelatedActivityID') + BLANK),
  maybe(empty('Execution', 'ProcessID', 'ThreadID') + BLANK),
  element('Channel'),
  '<Computer>([^<>&\\x00-\\x1f\\ud800-\\udfff\\ufffe\\uffff]*)</Computer>',
  maybe(empty('Security', 'UserID') + BLANK),
  '</System>',
].join(BLANK);

const EVENT_BEGINS = new RegExp(`${SYSTEM}${BLANK}<EventData${NAMESPACE}>`, 'y');
const EVENT_ENDS = new RegExp(`${BLANK}</EventData>${BLANK}</Event>$`, 'y');
/** As the agent of Log Analytics wraps it, or alone. */
const ITEM = `<DataItem${['type', 'time', 'sourceHealthServiceId'].map(attribute).join('')}>`;
const DATA_BEGINS = new RegExp(`${maybe(`(${ITEM})`)}<EventData${NAMESPACE}>`, 'y');
const DATA_ENDS = new RegExp(`${BLANK}</EventData>(</DataItem>)?$`, 'y');
const NAMED = new RegExp(
  `${BLANK}<Data Name=(?:"([A-Za-z][A-Za-z0-9]*)"|'([A-Za-z][A-Za-z0-9]*)')(?:>(${VALUE})</Data>| ?/>)`,
  'y',
);

/** The event of a whole `<Event>` with named data, in the form that Windows gives it; null for any other text. */
export function windowsEventXml(xml: string): EventXml | null {
  const begin = matchAt(EVENT_BEGINS, xml, 0);
  if (begin === null) return null;
  const read = namedDataAt(xml, EVENT_BEGINS.lastIndex);
  if (read === null || matchAt(EVENT_ENDS, xml, read.end) === null) return null;
  const [, systemTime = '', computer = ''] = begin;
  return { computer: computer.trim(), systemTime: systemTime.slice(1, -1), data: read.data };
}

/** The data of an `<EventData>`, alone or in a `<DataItem>`, in the form that Windows gives it; null for any other text. */
export function windowsEventData(xml: string): JsonRow | null {
  const begin = matchAt(DATA_BEGINS, xml, 0);
  if (begin === null) return null;
  const read = namedDataAt(xml, DATA_BEGINS.lastIndex);
  if (read === null) return null;
  const end = matchAt(DATA_ENDS, xml, read.end);
  const isWhole = end !== null && (end[1] === undefined) === (begin[1] === undefined);
  return isWhole ? read.data : null;
}

/** The values of the `<Data>` elements from this place on, and where they end; null without one, or if a name repeats. */
function namedDataAt(xml: string, from: number): { readonly data: JsonRow; readonly end: number } | null {
  const data: Record<string, string> = {};
  let end = from;
  for (let found = matchAt(NAMED, xml, end); found !== null; found = matchAt(NAMED, xml, end)) {
    const name = found[1] ?? found[2] ?? '';
    const value = found[3] ?? '';
    const text = value.includes('&') ? withoutReferences(value) : value;
    if (text === null || Object.hasOwn(data, name)) return null;
    data[name] = text;
    end = NAMED.lastIndex;
  }
  return end === from ? null : { data, end };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

const REFERENCE = /&(?:(lt|gt|amp|quot|apos);)?/g;
const CHARACTERS: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** The value with its references decoded; null if one is not of the five that every XML has. */
export function withoutReferences(value: string): string | null {
  let areKnown = true;
  const text = value.replace(REFERENCE, (reference, name?: string) => {
    if (name === undefined) areKnown = false;
    return CHARACTERS[name ?? ''] ?? reference;
  });
  return areKnown ? text : null;
}
