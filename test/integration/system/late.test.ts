import { describe, expect, it } from 'vitest';
import { inOrder, ruleRow } from '../../../src/cli/output/rows.ts';
import { timestampFromMs } from '../../../src/core/kql/timestamp.ts';
import { KQL_RULE } from '../../../src/core/scoring/rule.ts';
import { windowOf } from '../../../src/core/scoring/window.ts';
import { Ingest } from '../../../src/ingest/ingest.ts';
import { formatsOf } from '../../../src/reading/formats.ts';
import { OfflineScore } from '../../../src/scoring/offline_scorer.ts';
import { scorePartition } from '../../../src/scoring/score_windows.ts';
import { PARTITIONS } from '../../../src/storage/keys.ts';
import { sampleExports } from '../../../tools/sample/exports.ts';
import { planTenant } from '../../../tools/sample/plan.ts';
import { memoryStores } from '../../fakes/stores.ts';
import { ruleOf } from '../../support/detections.ts';
import { mulberry32 } from '../../support/random.ts';
import { NO_BASELINE } from '../../support/scoring/fleet.ts';
import { detectionRows } from '../../support/storage/detection_rows.ts';

const END = Date.parse('2026-11-20T12:00:00Z');
const AS_OF = timestampFromMs(END);
const NOW = END + 50 * 60_000;
const REF = { container: 'insights-logs-advancedhunting-devicenetworkevents', name: 'all.json' };
const SETTINGS = { rule: KQL_RULE, technique: null, retentionDays: 4, historyDays: 90, detection: NO_BASELINE };

describe('20 % of the lines twice, and lines up to three days late, in any export', () => {
  it('change no row of the result, offline or through the stores', async () => {
    const plan = planTenant({ devices: 8, seed: 5, end: END });
    const lines = [...sampleExports(plan)].flatMap((each) => each.lines);
    const expected = await offlineRows(lines);
    expect(expected.length).toBeGreaterThan(10);

    const random = mulberry32(20);
    // As they come, each again with a chance of one in five, all in an order that knows no time: an export of the last
    // hour then holds what is three days old.
    const untidy = lines.flatMap((line) => (random() < 0.2 ? [line, line] : [line]));
    for (let n = untidy.length - 1; n > 0; n--) {
      const other = Math.floor(random() * (n + 1));
      [untidy[n], untidy[other]] = [untidy[other] as Buffer, untidy[n] as Buffer];
    }
    expect(untidy.length / lines.length).toBeGreaterThan(1.18);
    expect(await offlineRows(untidy)).toEqual(expected);

    const stores = memoryStores({ clock: () => NOW });
    const ingest = new Ingest(
      stores,
      formatsOf(['defender']),
      { retentionDays: 4, segmentBytes: 300_000 },
      () => NOW,
      () => 'one',
    );
    for (let n = 0; n < 5; n++) {
      stores.exports.append({ ...REF, name: `${n}.json` }, Buffer.concat(untidy.filter((_, index) => index % 5 === n)));
      expect((await ingest.ingest({ ...REF, name: `${n}.json` }, Number.POSITIVE_INFINITY)).end).toBe('up-to-date');
    }
    for (const partition of PARTITIONS) {
      const message = { partition, asOf: AS_OF, oldestUnreadMs: null, newestReport: '' } as const;
      await scorePartition(stores, SETTINGS, [], message, () => NOW);
    }
    const found: object[] = [];
    for (const { detection } of await detectionRows(stores.detections)) {
      found.push(pick({ ...detection, ...ruleOf(detection) }, Object.keys(expected[0] as object)));
    }
    expect(found.sort(byText)).toEqual([...expected].sort(byText));
  });
});

async function offlineRows(lines: readonly Buffer[]): Promise<object[]> {
  const offline = new OfflineScore(windowOf(AS_OF, KQL_RULE.lookbackDays), formatsOf(['defender']), () => {});
  await offline.read(
    REF,
    (async function* () {
      yield Buffer.concat(lines);
    })(),
  );
  const { matched } = await offline.score(KQL_RULE);
  return inOrder(matched).map(ruleRow);
}

function pick(row: object, columns: readonly string[]): object {
  return Object.fromEntries(columns.map((column) => [column, (row as Record<string, unknown>)[column]]));
}

function byText(a: object, b: object): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
