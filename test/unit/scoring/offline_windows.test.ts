import { Buffer } from 'node:buffer';
import { expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../src/core/kql/timespan.ts';
import { addMs, type Timestamp } from '../../../src/core/kql/timestamp.ts';
import { KQL_RULE } from '../../../src/core/scoring/rule.ts';
import { spanOf, windowsBetween } from '../../../src/core/scoring/window_range.ts';
import { formatsOf } from '../../../src/reading/formats.ts';
import { comparedSpan } from '../../../src/scoring/compare_result.ts';
import { OfflineCounts } from '../../../src/scoring/offline_counts.ts';
import { OfflineScore } from '../../../src/scoring/offline_scorer.ts';
import { streamed } from '../core/records/records.ts';

const FROM = '2026-11-10T00:00:00.0000000Z' as Timestamp;
const TO = addMs(FROM, 10 * DAY_MS);
const WINDOWS = windowsBetween(FROM, TO, DAY_MS, KQL_RULE.lookbackDays);

/** Ten beacons of different lengths, over two weeks, in an order of their own. */
const LINES = Array.from({ length: 10 }, (_, device) =>
  Array.from({ length: 30 + device * 25 }, (_, hour) =>
    JSON.stringify(
      streamed({
        DeviceName: `wks-${device}`,
        ReportId: hour,
        Timestamp: addMs(FROM, (hour + device * 9 - 60) * HOUR_MS + 60_000),
        AdditionalFields: `{"uniqueEventsAggregated":${50 + ((hour * 7) % 5)}}`,
      }),
    ),
  ),
)
  .flat()
  .sort((a, b) => (a.slice(-20) < b.slice(-20) ? -1 : 1));

async function read(span: ReturnType<typeof spanOf>, limit: number): Promise<OfflineScore> {
  const offline = new OfflineScore(span, formatsOf(['defender']), () => {}, undefined, new OfflineCounts(limit));
  // Pieces of a few lines, so that many runs go to disk.
  for (let n = 0; n < LINES.length; n += 40) {
    const piece = Buffer.from(`${LINES.slice(n, n + 40).join('\n')}\n`);
    await offline.read({ container: '', name: `${n}.json` }, piecesOf(piece));
  }
  return offline;
}

async function* piecesOf(piece: Buffer) {
  yield piece;
}

/** The windows and a comparison with an empty answer, without the keys, which are whole rows. */
async function results(limit: number) {
  const over = await read(spanOf(WINDOWS), limit);
  const { matched, ...totals } = await over.scoreOver(KQL_RULE, WINDOWS);
  over.close();
  const window = WINDOWS[4] as (typeof WINDOWS)[number];
  const one = await read(comparedSpan(window), limit);
  const { differences, ...counts } = await one.compare([], { rule: KQL_RULE, window, source: 'defender' });
  one.close();
  const windows = matched.map(({ group: { key: _key, ...group }, ...rest }) => ({ ...rest, group }));
  return { windows, totals, counts, differences: differences.map(({ key: _key, ...rest }) => rest) };
}

it('OfflineScore on disk gives the windows and the comparison that it gives in memory', async () => {
  const inMemory = await results(Number.POSITIVE_INFINITY);
  expect(inMemory.windows).toHaveLength(10);
  expect(inMemory.differences.length).toBeGreaterThan(3);
  expect(await results(2000)).toEqual(inMemory);
});
