/** Fills docs/performance.md and docs/performance/ from bench/results: `npm run bench:docs`, after `npm run bench`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { allResults } from './harness/results.ts';
import { chartsOf } from './page/charts.ts';
import { filled, partsOf } from './page/tables.ts';

const page = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
const folder = fileURLToPath(new URL('../docs/performance/', import.meta.url));

const all = allResults();
writeFileSync(page, filled(readFileSync(page, 'utf8'), partsOf(all)));
mkdirSync(folder, { recursive: true });
for (const [name, svg] of await chartsOf(all)) writeFileSync(`${folder}${name}`, svg);
