import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import {
  double,
  goodRows,
  int32,
  int64,
  joined,
  jsonOf,
  longText,
  orNull,
  readColumns,
  TEXT,
  WHOLE,
} from '../../../../src/storage/azure/columns.ts';
import type { TableRow } from '../../../../src/storage/azure/table.ts';
import { collectBadRows } from '../../../../src/storage/bad_rows.ts';
import { BadRowError, badRow, badRowText } from '../../../../src/storage/ports/bad_row.ts';
import { tries } from '../../../support/effort.ts';

/** A row as it comes back: Int64 as a bigint. */
function row(columns: Record<string, unknown>): TableRow {
  const plain = Object.entries(columns).map(([name, column]) => {
    const typed = column as { type?: string; value?: string } | null;
    return [name, typed?.type === 'Int64' ? BigInt(typed.value ?? '') : (typed?.value ?? column)];
  });
  return { etag: '', partitionKey: 'p', rowKey: 'r', ...Object.fromEntries(plain) };
}

describe('columns', () => {
  it('int32, int64 and double refuse what a row would lose without a word', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => double(value)).toThrow(RangeError);
      expect(() => int32(value)).toThrow(RangeError);
      expect(() => int64(value)).toThrow(RangeError);
    }
    expect(() => int32(2 ** 31)).toThrow(RangeError);
    expect(() => int32(1.5)).toThrow(RangeError);
    expect(() => int64(2 ** 53)).toThrow(RangeError);
    expect(double(-0.5)).toEqual({ value: -0.5, type: 'Double' });
  });

  it('WHOLE gives back any whole number that int64 took', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(WHOLE.parse(row({ Bytes: int64(value) })['Bytes'])).toBe(value);
      }),
    );
  });

  it('longText is read back, be it empty or over many columns, none of them over 32,768 units', () => {
    const texts = fc.tuple(fc.string({ unit: 'binary' }), fc.nat(5_000)).map(([part, times]) => part.repeat(times));
    fc.assert(
      fc.property(texts, (value) => {
        const columns = longText('Ends', value);
        for (const part of Object.values(columns))
          if (typeof part === 'string') expect(part.length).toBeLessThan(32_768);
        expect(joined(row(columns), ['Ends'])['Ends']).toBe(value);
      }),
      { numRuns: tries(20, 100) },
    );
  });

  it('longText that is shorter than before does not read what a merge left behind', () => {
    const before = longText('Evidence', 'x'.repeat(100_000));
    const now = { ...before, ...longText('Evidence', 'short') };
    expect(joined(row(now), ['Evidence'])['Evidence']).toBe('short');
  });

  it.each([
    ['a part is missing', { Ends: 'a', EndsParts: 2 }],
    ['the number of parts is missing', { Ends: 'a' }],
    ['the number of parts is no number', { Ends: 'a', EndsParts: '1' }],
    ['there are more parts than a row can have', { Ends: 'a', EndsParts: 2 ** 31 - 1 }],
  ])('joined(row) has no text where %s', (_, columns) => {
    expect(joined(row(columns), ['Ends'])['Ends']).toBeUndefined();
  });
});

describe('readColumns(table, columns, row)', () => {
  const ROW = z.object({ Name: TEXT, Applied: WHOLE, LeasedAt: orNull(WHOLE), Ends: jsonOf(z.array(z.int())) });
  const GOOD = { Name: 'a', Applied: 1, Ends: '[1]' };
  const read = (changes: Record<string, unknown>) => readColumns('Exports', ROW, row({ ...GOOD, ...changes }));

  it('takes a nullable column that is absent or null', () => {
    expect(read({})).toEqual({ Name: 'a', Applied: 1, LeasedAt: null, Ends: [1] });
    expect(read({ LeasedAt: null })).toMatchObject({ LeasedAt: null });
  });

  it.each([
    [{ Name: 5 }, 'Name must be text'],
    [{ Name: undefined }, 'Name must be text'],
    [{ Applied: 'secret' }, 'Applied must be a whole number'],
    [{ Applied: 1.5 }, 'Applied must be a whole number'],
    [{ LeasedAt: 'secret' }, 'LeasedAt must be a whole number'],
    [{ Ends: 'secret' }, 'Ends must be JSON'],
    [{ Ends: '["secret"]' }, 'Ends.0 Invalid input: expected number, received string'],
  ])('of %j is an error with table, keys and column, and without the value', (changes, fault) => {
    const table = 'Exports: the row with PartitionKey "p" and RowKey "r" cannot be read';
    expect(() => read(changes)).toThrow(new BadRowError(badRow('Exports', 'p', 'r', fault)));
    expect(() => read(changes)).toThrow(`${table}: ${fault}`);
  });

  it('takes no whole number that would be rounded', () => {
    expect(() => read({ Applied: 2n ** 60n })).toThrow('Applied must be a whole number below 2^53');
  });

  it('escapes and cuts the keys, which another program chose', () => {
    const rowKey = `\u202e\u001b[31m${'x'.repeat(2000)}`;
    const found = badRow('Exports', 'p', rowKey, 'y'.repeat(2000));
    expect(found.rowKey).toMatch(/^\\u202e\\u001b\[31mx+…$/);
    expect(badRowText(found).length).toBeLessThan(500);
  });
});

describe('goodRows(page, decode)', () => {
  it('skips bad rows and reports each once; any other error ends it', async () => {
    const page = [row({ Name: 'a' }), row({ Name: 7 }), row({ Name: 'b' })];
    const decode = (each: TableRow) => readColumns('Exports', z.object({ Name: TEXT }), each).Name;
    await collectBadRows(async (found) => {
      expect(goodRows(page, decode)).toEqual(['a', 'b']);
      expect(goodRows(page, decode)).toEqual(['a', 'b']);
      expect(found.rows).toEqual([badRow('Exports', 'p', 'r', 'Name must be text')]);
      expect(found.total).toBe(1);
    });
    expect(() =>
      goodRows(page, () => {
        throw new TypeError('a bug');
      }),
    ).toThrow('a bug');
  });
});
