import { describe, expect, it } from 'vitest';
import { findingOf } from '../../../src/core/detections/finding.ts';
import { HOUR_MS } from '../../../src/core/kql/timespan.ts';
import { timestampOf } from '../../../src/core/kql/timestamp.ts';
import { AddressScorer, type Matched } from '../../../src/core/scoring/address_scorer.ts';
import { GroupCutter } from '../../../src/core/scoring/group_cutter.ts';
import { KQL_RULE } from '../../../src/core/scoring/rule.ts';
import { type Window, windowOf } from '../../../src/core/scoring/window.ts';
import { formatsOf } from '../../../src/reading/formats.ts';
import { OfflineScore } from '../../../src/scoring/offline_scorer.ts';
import { PARTITIONS } from '../../../src/storage/keys.ts';
import { ruleOf } from '../../support/detections.ts';
import { rawEvents } from '../../support/ingest/raw_events.ts';
import { event, lines, World } from '../../support/ingest/world.ts';
import { storedRows } from '../../support/storage/counts.ts';

const FORMATS = [...formatsOf(['defender']), rawEvents];
const AS_OF = Date.UTC(2026, 10, 20, 10);
const WINDOW = windowOf(timestampOf(new Date(AS_OF).toISOString())!, KQL_RULE.lookbackDays);

/** A connection a minute in so many hours before asOf, one more of its first minute, and its first line twice. */
function beacon(hours: number, perHour = 60): string {
  const events: object[] = [];
  for (let n = hours; n > 0; n--) {
    for (let minute = 0; minute < perHour; minute++) {
      const time = new Date(AS_OF - n * HOUR_MS + minute * 60_000).toISOString();
      events.push(event('', { time, port: 443 }));
    }
  }
  return lines(events[0]!, event('', { time: new Date(AS_OF - hours * HOUR_MS).toISOString() }), ...events);
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += 60_000) yield Buffer.from(text.slice(at, at + 60_000));
}

async function offline(grain: 'hour' | 'report', ...files: readonly string[]) {
  return await offlineIn(WINDOW, grain, ...files);
}

async function offlineIn(window: Window, grain: 'hour' | 'report', ...files: readonly string[]) {
  const score = new OfflineScore(window, FORMATS, () => {});
  for (const [n, file] of files.entries()) await score.read({ container: '', name: `${n}` }, bytesOf(file));
  return { ...(await score.score({ ...KQL_RULE, grain })), inWindow: score.reportsInWindow };
}

describe('score over files of raw events', () => {
  it.each(['hour', 'report'] as const)('counts each hour once, also where grain %s is asked for', async (grain) => {
    const { matched, groups, counted, inWindow } = await offline(grain, beacon(72));
    expect({ groups, counted, inWindow }).toEqual({ groups: 1, counted: 72 * 60 + 1, inWindow: 72 * 60 + 2 });
    expect(matched).toHaveLength(1);
    expect(matched[0]!.group.series.ConnCounts).toEqual([61, ...Array(71).fill(60)]);
    expect(ruleOf(findingOf(matched[0]!, { ...KQL_RULE, grain }, null, WINDOW.asOf)).evidence.grain).toBe('hour');
  });

  it('adds up the hours of several files, and lines that are in two of them', async () => {
    const { matched } = await offline('hour', beacon(72), beacon(72));
    expect(matched[0]!.group.series.ConnCounts).toEqual([122, ...Array(71).fill(120)]);
  });

  it('finds what the system finds', async () => {
    const world = new World();
    world.now = AS_OF;
    world.blockBytes = 100_000;
    const text = beacon(80);
    world.append(text);
    await world.ingest();
    const matched: Matched[] = [];
    for (const partition of PARTITIONS) {
      const cutter = new GroupCutter(WINDOW, 'hour');
      const scorer = new AddressScorer(KQL_RULE);
      const addresses = [];
      addresses.push(...scorer.push(cutter.push(await storedRows(world.stores.hourlyCounts, partition))));
      addresses.push(...scorer.push(cutter.finish()), ...scorer.finish());
      for (const address of addresses) matched.push(...address.matched);
    }
    const found = await offline('hour', text);
    expect(found.matched).toHaveLength(1);
    expect(found.matched.map((each) => findingOf(each, KQL_RULE, null, WINDOW.asOf))).toEqual(
      matched.map((each) => findingOf(each, KQL_RULE, null, WINDOW.asOf)),
    );
  });

  it('counts an hour in the window that its start lies in', async () => {
    const at = (time: string) => event('', { time });
    const edge = (day: number) => [at(`2026-11-${day}T09:59:59Z`), at(`2026-11-${day}T10:00:00Z`)];
    const { counted } = await offline('hour', lines(...edge(17), ...edge(20), at('2026-11-20T10:59:59Z')));
    // The last hour before asOf, and the first one behind the start.
    expect(counted).toBe(2);
  });

  it('counts an hour whole, or not, where the window ends within it', async () => {
    const window = windowOf(timestampOf('2026-11-20T10:30:00Z')!, KQL_RULE.lookbackDays);
    const at = (time: string) => event('', { time });
    const day = (day: number) => [at(`2026-11-${day}T10:29:59Z`), at(`2026-11-${day}T10:30:01Z`)];
    const { counted } = await offlineIn(window, 'hour', lines(...day(17), ...day(20), at('2026-11-20T10:59:59Z')));
    // All of the last hour, and none of the one in which the window begins.
    expect(counted).toBe(3);
  });
});
