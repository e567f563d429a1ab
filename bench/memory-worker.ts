/** Ingests one export and says how much memory this process has had at most. */
import { createApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';

const app = createApp(readConfig(process.env));
const result = await app.readOn({ container: 'exports', name: process.argv[2] ?? '' });
if (result.end !== 'up-to-date') throw new Error(`the reading ended as ${result.end}`);
// maxRSS is in KiB.
console.log(JSON.stringify({ peakMb: (process.resourceUsage().maxRSS * 1024) / 1e6, rows: result.rows }));
