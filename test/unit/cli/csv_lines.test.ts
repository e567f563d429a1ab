import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { csvLines, jsonLines } from '../../../src/cli/output/lines.ts';

const SEPARATORS = [',', ';', '\t', '|'];
const FORMULA = /^[\s"]*[=+\-@\uff1d\uff0b\uff0d\uff20]/;

/** The cells as any spreadsheet may cut them: by each separator, with and without regard to quotes. */
function cellsOf(csv: string): string[] {
  const lines = csv.split('\n').slice(1, -1);
  const cut = SEPARATORS.flatMap((separator) => lines.flatMap((line) => line.split(separator)));
  const quoted = parse(csv, { from_line: 2, relax_quotes: true, relax_column_count: true }) as string[][];
  return [...cut, ...quoted.flat()];
}

it.each([
  ['=1+1', "'=1+1"],
  ['  @x', "'  @x"],
  ['a;=cmd|x', "a;'=cmd|x"],
  ['a,+b', "a,'+b"],
  ['a|-b', "a|'-b"],
  ['a;"=b', 'a;\'"=b'],
  ['\t=a', '\\u0009=a'],
  ['\uff1d1', "'\uff1d1"],
  ['a=b-c', 'a=b-c'],
  ['7z.exe', '7z.exe'],
])('csvLines writes the name %j as %j', (name, wanted) => {
  const [row] = parse(csvLines(['name'], [{ name }]), { from_line: 2 }) as string[][];
  expect(row).toEqual([wanted]);
});

it('csvLines leaves numbers and lists of numbers as they are, and JSON is not changed', () => {
  const row = { average: -1.5, flags: [0, -1, 1], is: true, none: null };
  expect(csvLines(Object.keys(row), [row])).toBe('average,flags,is,none\n-1.5,"[0,-1,1]",true,\n');
  expect(jsonLines([{ name: 'a;=b', flags: [-1] }])).toBe('{"name":"a;=b","flags":[-1]}\n');
});

it('csvLines has no formula in any cell, by whatever separator a spreadsheet cuts it', () => {
  const unit = fc.constantFrom(
    'a',
    '=',
    '+',
    '-',
    '@',
    ',',
    ';',
    '\t',
    '|',
    '"',
    ' ',
    '\r',
    '\n',
    "'",
    '\uff1d',
    '\u00a0',
  );
  const text = fc.string({ unit, maxLength: 8 });
  fc.assert(
    fc.property(text, text, fc.array(text, { maxLength: 3 }), (device, process, otherProcesses) => {
      const csv = csvLines(
        ['device', 'average', 'process', 'otherProcesses'],
        [{ device, average: 60, process, otherProcesses }],
      );
      for (const cell of cellsOf(csv)) expect(cell).not.toMatch(FORMULA);
      // Nothing but apostrophes was added.
      const [row] = parse(csv, { from_line: 2 }) as string[][];
      const plain = (cell: string) => cell.replaceAll("'", '').replaceAll('\\u0009', '\t').replaceAll('\\u000d', '\r');
      expect(plain(row?.[0] ?? '').replaceAll('\\u000a', '\n')).toBe(device.replaceAll("'", ''));
    }),
    { numRuns: 2000 },
  );
});
