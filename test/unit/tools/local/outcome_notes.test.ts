import { describe, expect, it } from 'vitest';
import { exportFaults, notesOn } from '../../../../tools/local/outcome_notes.ts';

const NONE = { exports: 9, refused: [], failed: [], unfinished: [] };
const unread = (number: number, reason: string) =>
  Array.from({ length: number }, (_, n) => ({ export: `insights-logs/h=${n}.json`, reason }));

describe('exportFaults(outcome)', () => {
  it('names the first exports that could not be read, and how many more', () => {
    expect(exportFaults(NONE)).toEqual([]);
    expect(exportFaults({ ...NONE, failed: unread(1, 'busy') })).toEqual([
      '1 export could not be read to the end: insights-logs/h=0.json',
    ]);
    expect(exportFaults({ ...NONE, failed: unread(5, 'busy') })).toEqual([
      '5 exports could not be read to the end: insights-logs/h=0.json, insights-logs/h=1.json, insights-logs/h=2.json and 2 more',
    ]);
  });

  it('is that nothing was read where every export was refused', () => {
    expect(exportFaults({ ...NONE, exports: 2, refused: unread(2, 'foreign') })).toEqual([
      'nothing was read: no export of a known format',
    ]);
    expect(exportFaults({ ...NONE, exports: 3, refused: unread(2, 'foreign') })).toEqual([]);
  });
});

describe('notesOn(outcome)', () => {
  it('names container and export with the reason, escaped; ten of a kind', () => {
    const failed = [{ export: 'exports/a\u202eb.json', reason: 'busy\u001b[2J' }];
    expect(notesOn({ ...NONE, failed, unfinished: ['exports/c.json'] })).toEqual([
      'last attempt failed: exports/a\\u202eb.json: busy\\u001b[2J',
      'the last line is incomplete, and is read when it is complete, or after a day: exports/c.json',
    ]);
    const many = notesOn({ ...NONE, refused: unread(12, 'foreign') });
    expect(many).toHaveLength(11);
    expect(many.at(-1)).toBe('refused: 12 exports in total');
  });
});
