import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsedEventDataOf } from '../../src/core/sources/event_data.ts';
import { plainEventDataOf } from '../../src/core/sources/plain_event_data.ts';

const XMLNS = 'xmlns="http://schemas.microsoft.com/win/2004/08/events/event"';
const ITEM =
  '<DataItem type="System.XmlData" time="2026-11-20T02:10:02.5270000Z" sourceHealthServiceId="00000000-0000-0000-0000-000000000000">';

describe('plainEventDataOf(xml)', () => {
  it.each([
    `${ITEM}<EventData ${XMLNS}><Data Name="Image">C:\\R&amp;D\\&lt;x&gt; &quot;&apos;</Data><Data Name="User"></Data></EventData></DataItem>`,
    `<EventData ${XMLNS}>\r\n  <Data Name="Image">é 水 > </Data>\r\n  <Data Name="Image">2</Data>\r\n</EventData>`,
    '<EventData></EventData>',
  ])('reads what Windows and its agents write, as the parser does: %s', (xml) => {
    expect(plainEventDataOf(xml)).not.toBeNull();
    expect(plainEventDataOf(xml)).toEqual(parsedEventDataOf(xml));
  });

  it('leaves all else to the parser, and never says anything but what it says', () => {
    const piece = fc.constantFrom(
      ...[ITEM, '</DataItem>', '<DataItem>', '<EventData>', `<EventData ${XMLNS}>`, '</EventData>', '<EventData/>'],
      ...[
        '<Data Name="a">',
        '<Data Name="b" >',
        "<Data Name='c'>",
        '<Data Name="a" Name="b">',
        '<Data>',
        '</Data>',
        '<Data Name="d"/>',
      ],
      ...[
        '<Data Name="e">1</Data>',
        '<Data Name="__proto__">2</Data>',
        '<Binary>00</Binary>',
        '<!-- x -->',
        '<![CDATA[x]]>',
        '<?x y?>',
      ],
      ...[
        'text',
        ' ',
        '\r\n',
        '\r',
        '\t',
        '&amp;',
        '&amp;lt;',
        '&#65;',
        '&#0;',
        '&nbsp;',
        '&',
        ';',
        ']]>',
        '>',
        '"',
        '\u0001',
        '\ud800',
        '😀',
        '\uffff',
        '\u0085',
        '\ufeff',
      ],
    );
    const whole = fc
      .tuple(
        fc.constantFrom('', ITEM),
        fc.constantFrom('<EventData>', `<EventData ${XMLNS}>`),
        fc.array(piece, { maxLength: 6 }),
        fc.constantFrom('', '</DataItem>'),
      )
      .map(([item, open, pieces, end]) => `${item}${open}${pieces.join('')}</EventData>${end}`);
    const value = fc
      .array(piece, { maxLength: 4 })
      .map((pieces) => `<EventData><Data Name="a">${pieces.join('')}</Data></EventData>`);
    const loose = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
    let plain = 0;
    fc.assert(
      fc.property(fc.oneof(whole, value, loose), (xml) => {
        const data = plainEventDataOf(xml);
        if (data === null) return;
        plain++;
        expect(data).toEqual(parsedEventDataOf(xml));
      }),
      { numRuns: 5_000 },
    );
    expect(plain).toBeGreaterThan(100);
  });

  it('takes no longer for what is made to be slow', () => {
    const spaces = ' '.repeat(60_000);
    const started = performance.now();
    for (const xml of [
      `<EventData>${spaces}x`,
      `<EventData>${'<Data Name="a">'.repeat(4_000)}`,
      `${ITEM}${spaces}`,
      '&'.repeat(60_000),
    ]) {
      expect(plainEventDataOf(xml)).toBeNull();
    }
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
