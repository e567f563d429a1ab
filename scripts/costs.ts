/** Rewrites the tables of docs/costs.md and docs/deploy.md from the JSON files of bench/. */
import { readFileSync, writeFileSync } from 'node:fs';
import { costTables, PAGES, withTables } from './cost_tables.ts';

const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const tables = costTables(
  { measured: json('bench/local_requests.json'), hourly: json('bench/hourly.json') },
  json('bench/prices.json'),
);
for (const [page, names] of Object.entries(PAGES)) {
  writeFileSync(page, withTables(readFileSync(page, 'utf8'), names, tables));
}
