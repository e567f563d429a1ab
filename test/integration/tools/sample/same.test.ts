import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { timestampFromMs } from '../../../../src/core/kql/timestamp.ts';
import type { GroupKey, Source } from '../../../../src/core/records/report.ts';
import { KQL_RULE } from '../../../../src/core/scoring/rule.ts';
import { windowOf } from '../../../../src/core/scoring/window.ts';
import { formatsOf } from '../../../../src/reading/formats.ts';
import { OfflineScore } from '../../../../src/scoring/offline_scorer.ts';
import { SAMPLE_FORMATS, type SampleFormatName } from '../../../../tools/sample/formats.ts';
import type { Plan } from '../../../../tools/sample/plan.ts';
import { groupKey, matches } from '../../../support/sample/rule.ts';
import { END } from '../../../support/sample/tenant.ts';
import { thinPlan } from '../../../support/sample/thin.ts';
import { add, type Counts, listed, truth } from '../../../support/sample/truth.ts';

/** A tenant in a format: its files by name, each in the pieces in which it was written. */
function written(format: SampleFormatName, plan: Plan): Map<string, Buffer[]> {
  const files = new Map<string, Buffer[]>();
  for (const { name, lines } of SAMPLE_FORMATS[format].appends(plan)) {
    const content = files.get(name) ?? [];
    content.push(Buffer.concat(lines));
    files.set(name, content);
  }
  return files;
}

async function* streamOf(content: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* content;
}

interface Scored {
  /** Every group with its hours, as text, in order. */
  readonly groups: readonly string[];
  /** What the rule finds with its default numbers. */
  readonly detections: readonly string[];
  /** Why something of it could not be read. */
  readonly letters: readonly string[];
}

/** Reads the files as `beaconwatch score` does, once, and scores them twice. */
async function scored(files: ReadonlyMap<string, Buffer[]>, source: Source): Promise<Scored> {
  const asOf = timestampFromMs(END);
  const window = windowOf(asOf, KQL_RULE.lookbackDays);
  const letters: string[] = [];
  const offline = new OfflineScore(window, formatsOf([source]), (first) =>
    letters.push(...first.map(({ reason }) => reason)),
  );
  for (const [name, content] of files) {
    const { foreign } = await offline.read({ container: '', name }, streamOf(content));
    expect({ foreign, name }).toEqual({ foreign: false, name });
  }
  const detections = (await offline.score(KQL_RULE)).matched.map(({ group }) => keyOf(group.key)).sort();
  const counts: Counts = new Map();
  for (const { group } of (await offline.score(EVERYTHING)).matched) {
    const { countHours, ConnCounts } = group.series;
    for (const [i, hour] of countHours.entries()) add(counts, keyOf(group.key), hour.slice(0, 13), ConnCounts[i] ?? 0);
  }
  return { groups: listed(counts), detections, letters };
}

/** With these numbers every group with a count is a match. */
const EVERYTHING = { ...KQL_RULE, minAverage: 0, minUniformPerDay: 0 };

const keyOf = (key: GroupKey) => groupKey(key.DeviceName, key.InitiatingProcessFileName, key.RemoteIP);

const FORMATS = Object.keys(SAMPLE_FORMATS) as SampleFormatName[];

describe('the same traffic, plain, in every format', () => {
  const plan = thinPlan();
  const all = FORMATS.flatMap((format) => SAMPLE_FORMATS[format].sources.map((source) => [format, source] as const));

  test.each(all)('%s, source %s: the same groups, hours and detections', async (format, source) => {
    const expected = new Map(
      [...truth(plan, source)].map(([key, hours]) => {
        // NXLog's newer exports name the computer without its domain.
        const short = format === 'nxlog' && source === 'wfp';
        return [short ? key.replace(/\.corp\.example/, '') : key, hours] as const;
      }),
    );
    const found = [...expected].filter(([, hours]) => matches(hours)).map(([key]) => key);
    expect(await scored(written(format, plan), source)).toEqual({
      groups: listed(expected),
      detections: found.sort(),
      letters: [],
    });
    expect(found.length).toBeGreaterThan(5);
  });
});

describe('the same tenant with all that real exports do to their readers', () => {
  const plan = thinPlan({ plain: false });

  test('formats of reports give the same groups, hours and detections', async () => {
    const { groups, detections, letters } = await scored(written('defender', plan), 'defender');
    expect(letters.length).toBeGreaterThan(0);
    expect(groups.length).toBeGreaterThan(30);
    for (const format of ['defender-records', 'log-analytics', 'portal-csv'] as const) {
      expect(await scored(written(format, plan), 'defender')).toMatchObject({ groups, detections });
    }
  });

  test('of connections, a line that is written twice counts once', async () => {
    // Elastic's pipeline gives Sysmon's own time, which is the connection's, but for devices whose clock is off.
    const right = { ...plan, devices: plan.devices.filter(({ nearFullHour }) => !nearFullHour) };
    expect((await scored(written('ecs', right), 'sysmon')).groups).toEqual(listed(truth(right, 'sysmon')));
  });
});
