/**
 * Whether cutting lines, reading what they hold or scoring has become slower, in a few seconds on any machine:
 * `npm run bench:guard`, a step of CI. Each is timed by itself against a frozen floor of the same work in the same
 * process, turn by turn, and the best of five of each count: their ratio may be 1.25 times what it was when `normal` was
 * written. Each has to come to the right number first: what reads nothing is quick.
 */

import { kqlRule } from '../src/core/scoring/kql_rule.ts';
import { KQL_RULE } from '../src/core/scoring/rule.ts';
import { formatsOf } from '../src/reading/formats.ts';
import { MAX_LINE_BYTES, readLines } from '../src/reading/line_reader.ts';
import { ReportReader } from '../src/reading/report_reader.ts';
import { outliersOf } from './floor/series.ts';
import { bestRatio, isSlower, ratioAgainst } from './harness/guard.ts';
import { seriesOf } from './harness/series.ts';
import { benchTenant, linesOf } from './harness/tenant.ts';
import { asSeries } from './harness/window_series.ts';

const PIECE = 64 * 1024;
/** Enough for some tens of milliseconds. */
const PIECES = 2_000;
const SERIES = 4_000;
/** Those of them that match: counted once, frozen as the floors are. */
const MATCHES = 3_998;
const FORMATS = formatsOf(['defender']);
const NEEDLE = 'Aggreg';

const checks = [
  { name: 'lines', normal: 1.1, ...cutting() },
  { name: 'reports', normal: 1.6, ...reading() },
  { name: 'score', normal: 1.8, ...scoring() },
];
for (const { name, normal, ours, floor, right } of checks) {
  const found = await ours();
  if (found !== right) {
    process.exitCode = 1;
    console.log(`${name}: ANOTHER ANSWER, ${found} in place of ${right}: how fast it is says nothing`);
    continue;
  }
  const ratio = await ratioAgainst(normal, () => bestRatio(ours, floor));
  const slower = isSlower(ratio, normal);
  if (slower) process.exitCode = 1;
  console.log(`${name}: ${ratio.toFixed(2)} times its floor, normal is ${normal}${slower ? ': SLOWER' : ''}`);
}

/** Exports cut into lines, against a search for line ends and for what reports hold. */
function cutting() {
  const bytes = exportOf(40);
  const pieces = Array.from({ length: PIECES }, (_, n) => {
    const start = (n * PIECE) % (bytes.length - PIECE);
    return bytes.subarray(start, start + PIECE);
  });
  const preFilterTokens = FORMATS.map(({ preFilterToken: needle }) => needle);
  const options = { preFilterTokens, maxLineBytes: MAX_LINE_BYTES, tail: 'line' } as const;
  const all = Buffer.concat(pieces);
  return {
    // The last line has no end.
    right: hitsOf(all).length + countOf(all, '\n') + 1,
    async ours() {
      let found = 0;
      for await (const { hits, lines } of readLines(pieces, options)) found += hits.length + lines;
      return found;
    },
    floor: () => pieces.reduce((found, piece) => found + countOf(piece, '\n') + countOf(piece, NEEDLE), 0),
  };
}

/** Lines that hold a report read, against parsing them. */
function reading() {
  const hits = hitsOf(exportOf(200));
  const batch = { hits, probes: [], malformed: { kept: [], more: new Map() }, tooLong: [], lines: hits.length, end: 0 };
  return {
    right: hits.length,
    ours: () => new ReportReader({ container: '', name: '' }, FORMATS).read(batch).reports.length,
    floor() {
      let found = 0;
      for (const { bytes } of hits) {
        const { properties } = JSON.parse(bytes.toString('utf8')) as { properties: { AdditionalFields: string } };
        found += (JSON.parse(properties.AdditionalFields) as { uniqueEventsAggregated: number }).uniqueEventsAggregated;
      }
      return found;
    },
  };
}

/** An hour of so many devices. */
function exportOf(devices: number): Buffer {
  const tenant = benchTenant(devices);
  return Buffer.concat(tenant.devices.flatMap((member) => linesOf(tenant, member, 24).lines));
}

function hitsOf(bytes: Buffer): { offset: number; length: number; bytes: Buffer }[] {
  const hits = [];
  for (let start = 0, end = bytes.indexOf('\n'); end !== -1; start = end + 1, end = bytes.indexOf('\n', start)) {
    const line = bytes.subarray(start, end);
    if (line.includes(NEEDLE)) hits.push({ offset: start, length: line.length, bytes: line });
  }
  return hits;
}

function countOf(bytes: Buffer, what: string): number {
  const sought = Buffer.from(what);
  let count = 0;
  for (let at = bytes.indexOf(sought); at !== -1; at = bytes.indexOf(sought, at + 1)) count++;
  return count;
}

/** The rule on series that lie above its line, against plain JavaScript that is not exact. */
function scoring() {
  const all = seriesOf(SERIES, 1);
  const series = all.map(asSeries);
  const flat = Float64Array.from(all.flat());
  return {
    right: MATCHES,
    ours: () => series.filter((each) => kqlRule(each, KQL_RULE).match).length,
    floor: () => outliersOf(flat),
  };
}
