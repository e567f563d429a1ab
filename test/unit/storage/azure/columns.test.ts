import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  double,
  int32,
  int64,
  longText,
  readLongText,
  text,
  whole,
  wholeOrNull,
} from '../../../../src/storage/azure/columns.ts';
import type { TableRow } from '../../../../src/storage/azure/table.ts';
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

  it('whole gives back any whole number that int64 took', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(whole(row({ Bytes: int64(value) }), 'Bytes')).toBe(value);
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
        expect(readLongText(row(columns), 'Ends')).toBe(value);
      }),
      { numRuns: tries(20, 100) },
    );
  });

  it('longText that is shorter than before does not read what a merge left behind', () => {
    const before = longText('Evidence', 'x'.repeat(100_000));
    expect(readLongText(row({ ...before, ...longText('Evidence', 'short') }), 'Evidence')).toBe('short');
  });

  it('a column that is missing or of another type is an error with its place and without its value', () => {
    expect(() => text(row({ Name: 5 }), 'Name')).toThrow('unexpected row p r: Name is missing or of another type');
    expect(() => text(row({}), 'Name')).toThrow('p r: Name');
    expect(() => whole(row({ Applied: 'secret' }), 'Applied')).toThrow(/^(?!.*secret)/);
    expect(() => whole(row({ Applied: 1.5 }), 'Applied')).toThrow('p r: Applied');
    expect(wholeOrNull(row({}), 'LeasedAt')).toBeNull();
    expect(wholeOrNull(row({ LeasedAt: null }), 'LeasedAt')).toBeNull();
  });
});
