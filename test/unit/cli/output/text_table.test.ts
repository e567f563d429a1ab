import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import widthOf from 'string-width';
import { describe, expect, it } from 'vitest';
import { type Cell, plainRows, type TextColumn, textTable } from '../../../../src/cli/output/text_table.ts';
import { PLAIN, viewOf } from '../../../../src/cli/output/view.ts';

const COLUMNS: readonly TextColumn[] = [
  { head: 'severity', kind: 'severity' },
  { head: 'device', narrowest: 10 },
  { head: 'devices', right: true, rank: 1 },
  { head: 'opened', rank: 2 },
  { head: 'verdict', rank: 1 },
];
const ROWS = plainRows([
  ['high', 'srv-7618.corp.example', 1, '2026-11-20 12:00', ''],
  ['low', 'wks-1', 120, '2026-11-20 12:00', ''],
]);
const at = (width: number, hasColour = false) => textTable(COLUMNS, ROWS, { width, hasColour, widthOf });

describe('textTable(columns, rows, view)', () => {
  it('aligns the columns, and has no column without a text', () => {
    expect(at(80)).toBe(
      'severity  device                 devices  opened\n' +
        'high      srv-7618.corp.example        1  2026-11-20 12:00\n' +
        'low       wks-1                      120  2026-11-20 12:00\n',
    );
  });

  it('cuts texts where the terminal is too narrow', () => {
    expect(at(50)).toBe(
      'severity  device         devices  opened\n' +
        'high      srv-7618.cor…        1  2026-11-20 12:00\n' +
        'low       wks-1              120  2026-11-20 12:00\n',
    );
  });

  it('then omits the column with the highest rank, and says so', () => {
    expect(at(40)).toBe(
      'severity  device                 devices\n' +
        'high      srv-7618.corp.example        1\n' +
        'low       wks-1                      120\n' +
        '(not shown at 40 columns: opened)\n',
    );
  });

  it('prints all cells of a pipe in full, with tabs between them', () => {
    const rows = plainRows([['high', 'x'.repeat(100), 1, 'a\tb', '=1+1']]);
    expect(textTable(COLUMNS, rows, PLAIN)).toBe(
      `severity\tdevice\tdevices\topened\tverdict\nhigh\t${'x'.repeat(100)}\t1\ta\\u0009b\t'=1+1\n`,
    );
  });

  it('has colours for severity and the head only where the terminal has them', () => {
    expect(at(80, true)).toContain('\u001b[31m\u001b[1mhigh\u001b[22m\u001b[39m      srv');
    expect(stripVTControlCharacters(at(80, true))).toBe(at(80));
  });

  it('puts a line across below its row', () => {
    const rows = [{ cells: ['low', 'wks-1', 1, '', ''], below: ['▁'.repeat(30)] }];
    expect(textTable(COLUMNS, rows, { width: 30, hasColour: false, widthOf }).split('\n').slice(2)).toEqual([
      `  ${'▁'.repeat(28)}`,
      '▁▁',
      '',
    ]);
    expect(textTable(COLUMNS, rows, PLAIN)).not.toContain('▁');
  });

  it('never exceeds a terminal that has room for the columns without a rank', () => {
    const cell = fc.oneof(fc.nat(), fc.string({ unit: 'binary', maxLength: 40 }));
    const rows = fc.array(fc.tuple(fc.constantFrom('low', 'high'), cell, cell, cell, cell), { maxLength: 4 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 20, max: 200 }), fc.boolean(), (cells, width, hasColour) => {
        const fitting = cells.map((row) => row.map((each, n): Cell => (n === 1 ? String(each) : each)));
        const lines = textTable(COLUMNS, plainRows(fitting), { width, hasColour, widthOf }).split('\n');
        const table = lines.filter((line) => !line.startsWith('(not shown'));
        expect(Math.max(...table.map((line) => widthOf(line)))).toBeLessThanOrEqual(width);
      }),
      { numRuns: 40 },
    );
  });
});

describe('viewOf(terminal)', () => {
  const stdout = (changes: object) => ({ ...changes }) as Parameters<typeof viewOf>[0]['stdout'];

  it('is plain in a pipe', async () => {
    expect(await viewOf({ stdout: stdout({ columns: 100 }), env: {} })).toEqual(PLAIN);
  });

  it('has the width of the terminal, and colours except with NO_COLOR or a dumb terminal', async () => {
    const terminal = stdout({ isTTY: true, columns: 100 });
    expect(await viewOf({ stdout: terminal, env: { NO_COLOR: '' } })).toEqual({ width: 100, hasColour: true, widthOf });
    expect(await viewOf({ stdout: terminal, env: { NO_COLOR: '1' } })).toMatchObject({ width: 100, hasColour: false });
    expect(await viewOf({ stdout: terminal, env: { TERM: 'dumb' } })).toMatchObject({ hasColour: false });
    expect(await viewOf({ stdout: stdout({ isTTY: true }), env: {} })).toMatchObject({ width: 80 });
  });
});
