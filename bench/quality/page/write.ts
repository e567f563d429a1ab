import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { filled } from '../../page/tables.ts';
import type { StoredQuality } from '../stored.ts';
import { qualityParts } from './parts.ts';
import { qualityCharts } from './quality_charts.ts';

const PAGE = fileURLToPath(new URL('../../../docs/quality.md', import.meta.url));
const CHARTS = fileURLToPath(new URL('../../../docs/quality/', import.meta.url));

/** Writes docs/quality.md and its charts from the stored results. */
export async function writePage(stored: StoredQuality): Promise<void> {
  writeFileSync(PAGE, filled(readFileSync(PAGE, 'utf8'), qualityParts(stored)));
  mkdirSync(CHARTS, { recursive: true });
  for (const [name, svg] of await qualityCharts(stored)) writeFileSync(`${CHARTS}${name}`, svg);
}
