import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventDataOf, MAX_XML_LENGTH } from '../../../../src/core/sources/event_data.ts';

const data = (inner: string) =>
  `<EventData xmlns="http://schemas.microsoft.com/win/2004/08/events/event">${inner}</EventData>`;
const value = (text: string) => data(`<Data Name="Image">${text}</Data>`);
const filled = (open: string, part: string, close = '') =>
  open + part.repeat(Math.floor((MAX_XML_LENGTH - open.length - close.length) / part.length)) + close;

describe('eventDataOf(xml)', () => {
  it('reads values by their names, within DataItem, within Event, or alone', () => {
    const alone = data('\r\n  <Data Name="a">1</Data>\r\n  <Data Name="b"/>');
    const wanted = { a: '1', b: '' };
    expect(eventDataOf(alone)).toEqual(wanted);
    expect(eventDataOf(` <?xml version="1.0"?>\n${alone}`.trim())).toEqual(wanted);
    expect(eventDataOf(`<DataItem type="System.XmlData">${alone}</DataItem>`)).toEqual(wanted);
    expect(eventDataOf(`<Event><System><EventID>3</EventID></System>${alone}</Event>`)).toEqual(wanted);
  });

  it('reads the references of XML, and leaves white space', () => {
    expect(eventDataOf(value(' C:\\R&amp;D\\&lt;x&gt;&#x2e;&quot;exe&apos; '))).toEqual({
      Image: ` C:\\R&D\\<x>."exe' `,
    });
    // Once: what comes out is no XML again.
    expect(eventDataOf(value('&amp;lt;'))).toEqual({ Image: '&lt;' });
  });

  it('reads characters that XML does not have, but names of files do, as U+FFFD', () => {
    expect(eventDataOf(value('C:\\a\uffff\u0001\ud800.exe'))).toEqual({ Image: 'C:\\a\ufffd\ufffd\ufffd.exe' });
    expect(eventDataOf(value('&#0;&#1;&#xFFFF;&#xd800;&#x110000;&#65;&#x1F600;&amp;#1;'))).toEqual({
      Image: '\ufffd\ufffd\ufffd\ufffd\ufffdA\u{1f600}&#1;',
    });
  });

  it('gives names that are those of every object as any other', () => {
    const read = eventDataOf(data('<Data Name="__proto__">1</Data><Data Name="constructor">2</Data>'));
    expect(Object.entries(read)).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ]);
  });

  it('passes over what is no named Data', () => {
    expect(eventDataOf(data('text<Data>1</Data><Binary>00</Binary><Data Name="a">2</Data>'))).toEqual({ a: '2' });
    expect(eventDataOf('<EventData/>')).toEqual({});
  });

  it.each([
    ['', 'empty'],
    ['text', 'text'],
    ['<EventData>', 'cut off'],
    [`${value('x')}<EventData/>`, 'two roots'],
    ['<Data Name="a">1</Data>', 'another root'],
    ['<a><b><EventData/></b></a>', 'deeper than any tool puts it'],
    [data('<Data Name="a">1</Data><Data Name="a">1</Data>'), 'one name twice'],
    [data('<Data Name="a" Name="b">1</Data>'), 'one attribute twice'],
    [value('&nbsp;'), 'an entity that XML does not know'],
    [value('\u0001&nbsp;'), 'two faults, of which one can be read over'],
    [`<!DOCTYPE EventData>${value('x')}`, 'a document type'],
    [`<!DOCTYPE EventData [<!ENTITY x "y">]>${value('&x;')}`, 'an entity of its own'],
    [`<!DOCTYPE EventData [<!ENTITY x SYSTEM "file:///etc/passwd">]>${value('&x;')}`, 'an entity of a file'],
    [`<!DOCTYPE EventData SYSTEM "http://192.0.2.1/x.dtd">${value('x')}`, 'a document type of elsewhere'],
    [`<!doctype EventData>${value('x')}`, 'a document type in small letters'],
  ])('is bad-xml for %s (%s)', (xml) => {
    expect(eventDataOf(xml)).toBe('bad-xml');
  });

  it('is bad-xml for a billion laughs', () => {
    const entities = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('');
    expect(eventDataOf(`<!DOCTYPE lolz [<!ENTITY l0 "lol">${entities}]>${value('&l9;')}`)).toBe('bad-xml');
  });

  it('takes as much as a Windows event can hold, and no more', () => {
    const fits = value('x'.repeat(MAX_XML_LENGTH - value('').length));
    expect(eventDataOf(fits)).toMatchObject({ Image: expect.any(String) });
    expect(eventDataOf(fits.replace('>x', '>xx'))).toBe('bad-xml');
  });

  it.each([
    ['depth', filled('', '<a>')],
    ['depth that is closed', `${'<a>'.repeat(9_000)}${'</a>'.repeat(9_000)}`],
    ['references', filled('<EventData><Data Name="a">', '&amp;', '</Data></EventData>')],
    ['characters of two units', filled('<EventData><Data Name="a">', '\u{1f600}&lt;', '</Data></EventData>')],
    ['attributes', `<EventData ${Array.from({ length: 8_000 }, (_, i) => `a${i}=""`).join(' ')}`],
    ['white space', filled('<EventData ', ' ')],
    ['comments', filled('<EventData>', '<!---->', '</EventData>')],
    ['an open section', filled('<EventData><![CDATA[', ']')],
    ['names', filled('<', '\u{10000}')],
  ])('takes no long time over much of one thing: %s', (_, xml) => {
    const started = performance.now();
    const read = eventDataOf(xml);
    expect(typeof read === 'string' ? read : 'read').toMatch(/^(bad-xml|read)$/);
    // Some 50 ms; much more where it grew with the square.
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it('throws for no text, and gives text by name or a fault', () => {
    const part = fc.oneof(
      fc.constantFrom(
        '<',
        '>',
        '/',
        '&',
        ';',
        '"',
        "'",
        '=',
        ' ',
        '<Data Name="a">',
        '</Data>',
        '<EventData>',
        '</EventData>',
      ),
      fc.constantFrom(
        '<![CDATA[',
        ']]>',
        '<!--',
        '-->',
        '<?x',
        '?>',
        '&amp;',
        '&#x',
        '&#55296;',
        '<DataItem>',
        '</DataItem>',
        '\ufffe',
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    );
    const text = fc.oneof(
      fc.array(part).map((parts) => parts.join('')),
      fc.array(part).map((parts) => data(parts.join(''))),
    );
    fc.assert(
      fc.property(text, (xml) => {
        const read = eventDataOf(xml);
        if (typeof read === 'string') expect(read).toBe('bad-xml');
        else for (const each of Object.values(read)) expect(typeof each).toBe('string');
      }),
      { numRuns: 3_000 },
    );
  });
});
