import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { filled } from '../../../../bench/page/tables.ts';
import { qualityParts } from '../../../../bench/quality/page/parts.ts';
import { durationText, perThousand } from '../../../../bench/quality/page/text.ts';
import { allQuality } from '../../../../bench/quality/stored.ts';

describe('docs/quality.md', () => {
  it('is what the tool writes for the stored results, with every part', () => {
    const page = readFileSync('docs/quality.md', 'utf8');
    const parts = qualityParts(allQuality());
    expect(filled(page, parts)).toBe(page);
    for (const name of parts.keys()) expect(page).toContain(`<!-- bench:${name} -->`);
  });
});

describe('the texts of the tables', () => {
  it('durationText(seconds) has the unit that people use', () => {
    expect([30, 90, 120, 200, 900, 7_200].map(durationText)).toEqual([
      '30 s',
      '90 s',
      '2 min',
      '3.3 min',
      '15 min',
      '2 h',
    ]);
  });

  it('perThousand(share) has two decimals below 10', () => {
    expect([0, 0.0015, 0.05].map(perThousand)).toEqual(['0', '1.50', '50']);
  });
});
