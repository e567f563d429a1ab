/** Ingests exports, one after the other, and says how much memory this process has had at most, by the first and by all. */
import { createApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';

const app = createApp(readConfig(process.env));
let rows = 0;
let firstMb = 0;
for (const name of process.argv.slice(2)) {
  const result = await app.readOn({ container: 'exports', name });
  if (result.end !== 'up-to-date') throw new Error(`the reading ended as ${result.end}`);
  rows += result.rows;
  if (firstMb === 0) firstMb = peakMb();
}
console.log(JSON.stringify({ firstMb, peakMb: peakMb(), rows }));

/** maxRSS is in KiB. */
function peakMb(): number {
  return (process.resourceUsage().maxRSS * 1024) / 1e6;
}
