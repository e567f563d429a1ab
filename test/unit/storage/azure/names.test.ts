import { expect, it } from 'vitest';
import { COUNTS_PREFIX, TABLES } from '../../../../src/storage/azure/names.ts';

it('the tables of counts change their name only together with Exports (docs/adr/014)', () => {
  // Else exports that another version has read are missing in the new tables. Change both lines.
  expect(COUNTS_PREFIX).toBe('HourlyCountsV2D');
  expect(TABLES.exports).toBe('Exports');
});
