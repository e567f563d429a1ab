import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { qualityCharts } from '../../../bench/quality/page/quality_charts.ts';
import { allQuality } from '../../../bench/quality/stored.ts';

it('the charts of docs/quality.md are those of the stored results, and the page shows each', async () => {
  const page = readFileSync('docs/quality.md', 'utf8');
  const charts = await qualityCharts(allQuality());
  expect(charts.size).toBeGreaterThan(1);
  for (const [name, svg] of charts) {
    expect(readFileSync(`docs/quality/${name}`, 'utf8')).toBe(svg);
    expect(page).toContain(`](quality/${name})`);
  }
});
