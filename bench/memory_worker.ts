/** Ingests exports, one after the other, for bench:memory. */
import { createApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';

const app = createApp(readConfig(process.env));
let rows = 0;
for (const name of process.argv.slice(2)) {
  const result = await app.readOn({ container: 'exports', name });
  if (result.end !== 'up-to-date') throw new Error(`the reading ended as ${result.end}`);
  rows += result.rows;
}
console.log(JSON.stringify({ rows }));
