import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventDataOf, MAX_XML_LENGTH, parsedEventDataOf } from '../../../../src/core/sources/event_data.ts';
import { windowsEventData, windowsEventXml } from '../../../../src/core/sources/windows_xml.ts';
import { parsedEventOf } from '../../../../src/core/sources/xml_event.ts';
import { tries } from '../../../support/effort.ts';

/** Parts of XML that decide how a document is read, and characters that a parser changes or refuses. */
const PARTS = [
  ...[
    '<',
    '>',
    '&',
    '"',
    "'",
    '/',
    '=',
    ' ',
    '\t',
    '\r',
    '\n',
    '\r\n',
    '\u0000',
    '\u0085',
    '\u2028',
    '\ufeff',
    '\ufffe',
  ],
  ...['\ud800', '\udc00', '\u{1f600}', '\u007f', 'é', ']]>', '<![CDATA[x]]>', '<!-- x -->', '<?x y?>', '<!DOCTYPE x>'],
  ...['&amp;', '&lt;', '&gt;', '&quot;', '&apos;', '&#65;', '&#0;', '&#x1F600;', '&nbsp;', '&amp', '&&', 'xmlns="x"'],
  ...['<Data>', '</Data>', '<Data Name="Image">x</Data>', "<Data Name='Image'/>", '<Data Name="__proto__">1</Data>'],
  ...['<EventData>', '</EventData>', '<System>', '</System>', '<Computer>x</Computer>', '</Event>', '<Binary/>'],
  ...[
    ' Name="x"',
    ' SystemTime="x"',
    '<TimeCreated SystemTime="x"/>',
    '<RenderingInfo/>',
    '<Data Name="a" Name="a">1</Data>',
  ],
];

const part = fc.constantFrom(...PARTS);
const value = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constantFrom('-', 'tcp', '203.0.113.7', 'C:\\Program Files\\R&amp;D\\&lt;x&gt;.exe', ''),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  { weight: 1, arbitrary: part },
);
/** Windows writes no reference in these. */
const plain = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(' wks-1 ', '2026-11-20T08:15:02.9040000Z') },
  { weight: 1, arbitrary: value },
);
const named = fc.record({
  name: fc.constantFrom('Image', 'UtcTime', 'User', 'DestinationIp', 'constructor', 'RuleName', 'SourcePort'),
  value,
  quote: fc.constantFrom('"', "'"),
  before: fc.constantFrom('', '', '\r\n    ', '\n', ' '),
  isEmpty: fc.boolean(),
});
const dataElements = fc
  .array(named, { maxLength: 8 })
  .map((list) =>
    list
      .map(({ name, value: text, quote, before, isEmpty }) =>
        isEmpty && text === ''
          ? `${before}<Data Name=${quote}${name}${quote}/>`
          : `${before}<Data Name=${quote}${name}${quote}>${text}</Data>`,
      )
      .join(''),
  );
const NAMESPACE = 'http://schemas.microsoft.com/win/2004/08/events/event';
const whole = fc
  .record({
    inner: dataElements,
    computer: plain,
    time: plain,
    between: fc.constantFrom('', '\r\n  '),
    level: fc.boolean(),
  })
  .map(
    ({ inner, computer, time, between, level }) =>
      `<Event xmlns='${NAMESPACE}'>${between}<System><Provider Name='Microsoft-Windows-Sysmon' Guid='{5770385f}'/>` +
      `<EventID>3</EventID><Version>5</Version>${level ? '<Level>4</Level>' : ''}<TimeCreated SystemTime='${time}'/>` +
      `<EventRecordID>1</EventRecordID><Correlation/><Execution ProcessID='3172' ThreadID='4012'/>${between}` +
      `<Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>${computer}</Computer><Security UserID='S-1-5-18'/>` +
      `</System><EventData>${inner}</EventData>${between}</Event>`,
  );
const alone = fc.record({ inner: dataElements, isItem: fc.boolean() }).map(({ inner, isItem }) => {
  const data = `<EventData xmlns="${NAMESPACE}">${inner}</EventData>`;
  return isItem
    ? `<DataItem type="System.XmlData" time="2026-11-20T02:10:01.8530000Z" sourceHealthServiceId="0">${data}</DataItem>`
    : data;
});

/** A place as a share of the text, and what comes in place of some characters there. */
const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.nat(12),
  added: fc.oneof(part, fc.constant('')),
});
const changes = fc.oneof(fc.constant([]), fc.array(change, { minLength: 1, maxLength: 3 }));

function changed(text: string, list: readonly { at: number; removed: number; added: string }[]): string {
  return list.reduce((all, { at, removed, added }) => {
    const from = Math.floor(at * all.length);
    return all.slice(0, from) + added + all.slice(from + removed);
  }, text);
}

const FIXTURE = new URL('../../../fixtures/formats/event-xml.txt', import.meta.url);
const EVENTS = readFileSync(FIXTURE, 'utf8')
  .split('\n')
  .flatMap((line) => /<Event[ >].*<\/Event>/.exec(line)?.[0] ?? []);

describe('windowsEventXml(xml) and windowsEventData(xml)', () => {
  it('give null, or what the XML parser gives, for any document of Windows, changed at random', () => {
    let fast = 0;
    const runs = tries(2_500, 50_000);
    fc.assert(
      fc.property(whole, changes, (document, list) => {
        const xml = changed(document, list);
        const event = windowsEventXml(xml);
        if (event === null) return;
        fast++;
        expect(event, xml).toStrictEqual(parsedEventOf(xml, 3));
      }),
      { numRuns: runs },
    );
    fc.assert(
      fc.property(alone, changes, (document, list) => {
        const xml = changed(document, list);
        const data = windowsEventData(xml);
        if (data === null) return;
        fast++;
        expect(data, xml).toStrictEqual(parsedEventDataOf(xml));
      }),
      { numRuns: runs },
    );
    // Else the comparison would compare nothing.
    expect(fast).toBeGreaterThan(runs / 4);
  });

  it('read every event of the fixtures that Windows wrote', () => {
    const read = EVENTS.map((xml) => windowsEventXml(xml));
    expect(read.filter((event) => event !== null).length).toBeGreaterThan(EVENTS.length / 2);
    for (const [n, event] of read.entries()) {
      if (event !== null) expect(event).toStrictEqual(parsedEventOf(EVENTS[n] ?? '', 3));
    }
  });

  it.each([
    ['a repeated name', '<EventData><Data Name="a">1</Data><Data Name="a">2</Data></EventData>'],
    ['a reference to a character', '<EventData><Data Name="a">&#65;</Data></EventData>'],
    ['an unknown reference', '<EventData><Data Name="a">&nbsp;</Data></EventData>'],
    ['a section of characters', '<EventData><Data Name="a"><![CDATA[x]]></Data></EventData>'],
    ['a comment', '<EventData><!-- x --><Data Name="a">1</Data></EventData>'],
    ['U+000D in a value', '<EventData><Data Name="a">1\r\n2</Data></EventData>'],
    ['half of a pair of characters', '<EventData><Data Name="a">\ud800</Data></EventData>'],
    ['the end of a section', '<EventData><Data Name="a">]]></Data></EventData>'],
    ['a value without a name', '<EventData><Data>1</Data></EventData>'],
    ['no value', '<EventData></EventData>'],
    ['text after its end', '<EventData><Data Name="a">1</Data></EventData>x'],
    [
      'an item that does not end',
      '<DataItem type="a" time="b" sourceHealthServiceId="c"><EventData><Data Name="a">1</Data></EventData>',
    ],
  ])('leave a document with %s to the parser', (_what, xml) => {
    expect(windowsEventData(xml)).toBeNull();
  });

  it.each([
    ['text after its end', (xml: string) => `${xml}x`],
    ['text before its begin', (xml: string) => `x${xml}`],
    ['another element in System', (xml: string) => xml.replace('<Security', '<Other/><Security')],
    ['another order in System', (xml: string) => xml.replace(/(<Channel>.*)(<Computer>.*?<\/Computer>)/, '$2$1')],
    ['a second Computer', (xml: string) => xml.replace('<Computer>', '<Computer>wks-2</Computer><Computer>')],
    ['text that was rendered', (xml: string) => xml.replace('</Event>', '<RenderingInfo/></Event>')],
    ['a tab in an attribute', (xml: string) => xml.replace("SystemTime='", "SystemTime='\t")],
  ])('leave an event with %s to the parser', (_what, change) => {
    const [xml = ''] = EVENTS;
    expect(windowsEventXml(xml)).not.toBeNull();
    expect(change(xml)).not.toBe(xml);
    expect(windowsEventXml(change(xml))).toBeNull();
  });

  it('take no document that is longer than an event', () => {
    const long = `<EventData><Data Name="a">${'x'.repeat(MAX_XML_LENGTH)}</Data></EventData>`;
    expect(windowsEventData(long)).not.toBeNull();
    expect(eventDataOf(long)).toBe('bad-xml');
  });
});
