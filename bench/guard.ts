/**
 * Whether reading or scoring has become slower, in a few seconds on any machine: `npm run bench:guard`, a step of CI. Each is
 * timed against a frozen floor of the same work in the same process, turn by turn, and the best of five of each count: their
 * ratio may be 1.5 times what it was when `normal` was written.
 */
import { SEED_RULE } from '../src/core/rule.ts';
import { seed } from '../src/core/seed.ts';
import { formatsOf } from '../src/formats.ts';
import { MAX_LINE_BYTES, readLines } from '../src/lines.ts';
import { ReportReader } from '../src/reports.ts';
import { outliersOf } from './floor/series.ts';
import { bestRatio, isSlower } from './harness/guard.ts';
import { seriesOf } from './harness/series.ts';
import { benchTenant, linesOf } from './harness/tenant.ts';
import { asSeries } from './harness/window_series.ts';

const PIECE = 64 * 1024;

const checks = [
  { name: 'parse', normal: 1.6, ...parsing() },
  { name: 'score', normal: 1.8, ...scoring() },
];
for (const { name, normal, ours, floor } of checks) {
  const ratio = await bestRatio(ours, floor);
  const slower = isSlower(ratio, normal);
  if (slower) process.exitCode = 1;
  console.log(`${name}: ${ratio.toFixed(2)} times its floor, normal is ${normal}${slower ? ': SLOWER' : ''}`);
}

/** The reader, against a search for the needle and JSON.parse of what holds it. */
function parsing() {
  const tenant = benchTenant(40);
  const bytes = Buffer.concat(tenant.devices.flatMap((member) => linesOf(tenant, member, 24).lines));
  const pieces = Array.from({ length: Math.ceil(bytes.length / PIECE) }, (_, n) =>
    bytes.subarray(n * PIECE, (n + 1) * PIECE),
  );
  const formats = formatsOf(['defender']);
  const needles = formats.map(({ needle }) => needle);
  const needle = Buffer.from('Aggregated');
  return {
    async ours() {
      let found = 0;
      const reader = new ReportReader({ container: '', name: '' }, formats);
      const options = { needles, maxLineBytes: MAX_LINE_BYTES, tail: 'line', probe: reader.probe } as const;
      for await (const batch of readLines(pieces, options)) found += reader.read(batch).reports.length;
      return found;
    },
    floor() {
      let found = 0;
      for (let at = bytes.indexOf(needle); at !== -1; ) {
        const start = bytes.lastIndexOf(10, at) + 1;
        const end = bytes.indexOf(10, at);
        const { properties } = JSON.parse(bytes.toString('utf8', start, end)) as {
          properties: { AdditionalFields: string };
        };
        found += (JSON.parse(properties.AdditionalFields) as { uniqueEventsAggregated: number }).uniqueEventsAggregated;
        at = bytes.indexOf(needle, end);
      }
      return found;
    },
  };
}

/** The rule on series that lie above its line, against plain JavaScript that is not exact. */
function scoring() {
  const all = seriesOf(4_000, 1);
  const series = all.map(asSeries);
  const flat = Float64Array.from(all.flat());
  return {
    ours: () => series.filter((each) => seed(each, SEED_RULE).match).length,
    floor: () => outliersOf(flat),
  };
}
