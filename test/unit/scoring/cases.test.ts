import { describe, expect, it } from 'vitest';
import type { Detection } from '../../../src/core/detections/detection.ts';
import type { Contribution } from '../../../src/core/records/contribution.ts';
import { getDetection } from '../../../src/detections/get_detection.ts';
import type { ScoreSettings } from '../../../src/scoring/score_windows.ts';
import { suppression } from '../../contract/samples.ts';
import { ruleOf } from '../../support/detections.ts';
import {
  at,
  type Group,
  group,
  hours,
  idOf,
  inPages,
  RULE,
  SETTINGS,
  sinkState,
  Tenant,
  withCounts,
} from '../../support/scoring/tenant.ts';
import { storeRows } from '../../support/storage/counts.ts';

/*
 * The life of one group as a table. The rule of these tests asks for four steady hours above 45 within a window of
 * twelve; each case is read from top to bottom: what was reported meanwhile, which hour is scored, what the row is then,
 * and what its sink was notified.
 */

const BEACON = group(1);
/** On the same address. */
const NEIGHBOURS = [2, 3, 4, 5].map((number) => group(number));
const SINKS = [sinkState('soc')];

interface Step {
  /** Reports that have come in since: first hour, last hour, count of each. */
  readonly reports?: readonly (readonly [first: number, last: number, count: number])[];
  /** Reports of other devices on the same address in this hour. */
  readonly neighbours?: number;
  /** The hour up to which the window is scored. */
  readonly run: number;
  readonly settings?: Partial<ScoreSettings['rule']>;
  readonly suppressed?: boolean;
  /** Nobody has seen a report of the last hours. */
  readonly behind?: boolean;
  /** `-` for no row; else its state (`new` until the next match), the hour that opened its episode, its change, and what was notified in this run. */
  readonly stands: '-' | `${Detection['state']} ${number}/${number}${'' | ' notified'}`;
}

const opened: Step = { reports: [[0, 3, 60]], run: 4, stands: 'new 4/0' };
/** The run after it: four even hours are too few for `regularity`, so the KQL rule is alone, and medium. */
const decided: Step = { run: 5, stands: 'ongoing 4/1 notified' };

const CASES: Record<string, readonly Step[]> = {
  'nothing, as long as there are too few points': [
    { reports: [[0, 2, 60]], run: 3, stands: '-' },
    { run: 15, stands: '-' },
  ],
  'opens, is decided and notified in the next run, goes on as long as it matches, is resolved after 72 hours without': [
    opened,
    { reports: [[4, 4, 60]], run: 5, stands: 'ongoing 4/1 notified' },
    { run: 12, stands: 'ongoing 4/1' },
    { run: 13, stands: 'ongoing 4/1' },
    { run: 85, stands: 'ongoing 4/1' },
    { run: 86, stands: 'resolved 4/1' },
    { run: 87, stands: 'resolved 4/1' },
  ],
  'is decided by the first run in which it matches again': [
    opened,
    { reports: [[4, 6, 1]], run: 7, stands: 'new 4/0' },
    { reports: [[7, 9, 200]], run: 10, stands: 'ongoing 4/1 notified' },
  ],
  'is never notified where it does not match again': [
    opened,
    { reports: [[4, 7, 1]], run: 8, stands: 'new 4/0' },
    { run: 77, stands: 'resolved 4/0' },
  ],
  'opens again as a new episode, which is decided and notified again': [
    opened,
    decided,
    { run: 85, stands: 'resolved 4/1' },
    { reports: [[86, 89, 60]], run: 90, stands: 'new 90/0' },
    { reports: [[90, 90, 60]], run: 91, stands: 'ongoing 90/1 notified' },
  ],
  'comes back before it is resolved: the same episode, not notified again': [
    opened,
    decided,
    { run: 76, stands: 'ongoing 4/1' },
    { reports: [[76, 79, 60]], run: 80, stands: 'ongoing 4/1' },
  ],
  'does not flap where its average goes over the line and below it': [
    { reports: [[0, 3, 46]], run: 4, stands: 'new 4/0' },
    { reports: [[4, 4, 40]], run: 5, stands: 'new 4/0' },
    { reports: [[5, 5, 52]], run: 6, stands: 'ongoing 4/1 notified' },
    { reports: [[6, 6, 36]], run: 7, stands: 'ongoing 4/1' },
    { reports: [[7, 7, 60]], run: 8, stands: 'ongoing 4/1' },
    { reports: [[8, 8, 30]], run: 9, stands: 'ongoing 4/1' },
    { reports: [[9, 9, 60]], run: 10, stands: 'ongoing 4/1' },
  ],
  'is not notified of an average that doubles: its severity is the same': [
    opened,
    { reports: [[4, 4, 250]], run: 5, stands: 'ongoing 4/1 notified' },
    { reports: [[5, 8, 251]], run: 9, stands: 'ongoing 4/1' },
  ],
  'is notified where the other detector takes away the step down, once': [
    opened,
    decided,
    { reports: [[4, 5, 60]], run: 6, stands: 'ongoing 4/2 notified' },
    { reports: [[6, 15, 60]], run: 16, stands: 'ongoing 4/2' },
  ],
  'is notified where its severity rises, once for each severity; not where it falls': [
    { reports: [[0, 3, 60]], neighbours: 3, run: 4, stands: 'new 4/0' },
    { run: 5, stands: 'ongoing 4/1 notified' },
    { reports: [[4, 15, 60]], run: 16, stands: 'ongoing 4/2 notified' },
    { reports: [[16, 16, 60]], neighbours: 16, run: 17, stands: 'ongoing 4/2' },
    { reports: [[17, 29, 60]], run: 30, stands: 'ongoing 4/2' },
  ],
  'a new episode begins again: what the one before notified of is no measure': [
    { reports: [[0, 5, 60]], run: 6, stands: 'new 6/0' },
    { run: 7, stands: 'ongoing 6/1 notified' },
    { run: 88, stands: 'resolved 6/1' },
    { reports: [[89, 92, 60]], run: 93, stands: 'new 93/0' },
    { run: 94, stands: 'ongoing 93/1 notified' },
    { reports: [[93, 94, 60]], run: 95, stands: 'ongoing 93/2 notified' },
  ],
  'late reports complete a match: in the same run, done once more': [
    { reports: [[1, 3, 60]], run: 4, stands: '-' },
    { reports: [[0, 0, 60]], run: 4, stands: 'new 4/0' },
    { run: 5, stands: 'ongoing 4/1 notified' },
  ],
  'late reports complete a match of hours ago, in the next run': [
    { reports: [[0, 2, 60]], run: 10, stands: '-' },
    { reports: [[3, 3, 60]], run: 11, stands: 'new 11/0' },
    { run: 84, stands: 'resolved 11/0' },
  ],
  'late reports take a match away: it stays, untold, until 72 hours have gone by': [
    opened,
    {
      reports: [
        [0, 3, 0],
        [4, 6, 1],
      ],
      run: 7,
      stands: 'new 4/0',
    },
    { run: 76, stands: 'new 4/0' },
    { run: 77, stands: 'resolved 4/0' },
  ],
  'late reports take a match away, and later ones bring it back': [
    opened,
    { reports: [[4, 7, 1]], run: 8, stands: 'new 4/0' },
    { reports: [[4, 7, 60]], run: 9, stands: 'ongoing 4/1 notified' },
    { run: 85, stands: 'resolved 4/1' },
  ],
  'late reports of a run that was done do not change its past, and cannot open behind a newer run': [
    opened,
    { run: 85, stands: 'resolved 4/0' },
    { reports: [[68, 71, 60]], run: 72, stands: 'resolved 4/0' },
  ],
  'a lower line opens it, the old line again leaves it': [
    { reports: [[0, 11, 40]], run: 12, stands: '-' },
    { settings: { minAverage: 30 }, run: 12, stands: 'new 12/0' },
    { run: 13, stands: 'new 12/0' },
    { run: 84, stands: 'new 12/0' },
    { run: 85, stands: 'resolved 12/0' },
  ],
  'another line for a while, and back, is the same episode': [
    { reports: [[0, 11, 60]], run: 12, stands: 'new 12/0' },
    { settings: { minAverage: 90 }, run: 13, stands: 'new 12/0' },
    { settings: { minUniformPerDay: 100 }, run: 14, stands: 'new 12/0' },
    { run: 15, stands: 'ongoing 12/1 notified' },
  ],
  'a shorter window resolves no sooner, a longer one later': [
    opened,
    { settings: { lookbackDays: 0.25, minUniformPerDay: 16 }, run: 10, stands: 'new 4/0' },
    { settings: { lookbackDays: 4, minUniformPerDay: 100 }, run: 80, stands: 'new 4/0' },
    { settings: { lookbackDays: 0.25 }, run: 80, stands: 'resolved 4/0' },
  ],
  'a run once more is as if it had been once, in every state': [
    opened,
    { run: 4, stands: 'new 4/0' },
    { reports: [[4, 15, 130]], run: 16, stands: 'ongoing 4/1 notified' },
    { run: 16, stands: 'ongoing 4/1' },
    { run: 97, stands: 'resolved 4/1' },
    { run: 97, stands: 'resolved 4/1' },
  ],
  'a run that comes late changes nothing, in every state': [
    opened,
    { reports: [[4, 15, 130]], run: 16, stands: 'ongoing 4/1 notified' },
    { run: 5, stands: 'ongoing 4/1' },
    { run: 97, stands: 'resolved 4/1' },
    { run: 16, stands: 'resolved 4/1' },
  ],
  'is not resolved while the exporter is behind, and is as soon as it is not': [
    opened,
    { behind: true, run: 100, stands: 'new 4/0' },
    { run: 101, stands: 'resolved 4/0' },
  ],
  'suppressed from the start it is recorded, and notified when that ends': [
    { reports: [[0, 3, 60]], suppressed: true, run: 4, stands: 'new 4/0' },
    { reports: [[4, 15, 130]], suppressed: true, run: 16, stands: 'ongoing 4/1' },
    { run: 17, stands: 'ongoing 4/1 notified' },
    { run: 18, stands: 'ongoing 4/1' },
  ],
  'suppressed later it is not notified of what follows, and is resolved as ever': [
    opened,
    decided,
    { reports: [[4, 15, 60]], suppressed: true, run: 16, stands: 'ongoing 4/2' },
    { suppressed: true, run: 97, stands: 'resolved 4/2' },
    { run: 98, stands: 'resolved 4/2' },
  ],
};

const OURS = suppression({ id: 'ours', process: '', remote: '', device: BEACON.DeviceName, expires: at(1000) });

/** Plays a step, notifies what is pending at once, and gives how the row stands. */
async function play(tenant: Tenant, step: Step, pages: number): Promise<string> {
  for (const [first, last, count] of step.reports ?? []) await tenant.reports(BEACON, hours(first, last), count);
  if (step.neighbours !== undefined) {
    for (const each of NEIGHBOURS) await tenant.reports(each, [step.neighbours], 1);
  }
  const settings = { ...SETTINGS, rule: { ...RULE, ...step.settings }, retentionDays: 10, historyDays: 100 };
  const options = {
    stores: inPages(tenant.stores, pages, pages),
    settings,
    sinks: SINKS,
  };
  if (step.suppressed) await tenant.stores.suppressions.insert(OURS);
  else await tenant.stores.suppressions.remove(OURS.id);
  await (step.behind ? tenant.run(step.run, options) : tenant.fresh(step.run, options));
  const sent = await tenant.pending();
  for (const { sink } of sent) await tenant.mark(BEACON, sink);
  const row = await tenant.row(BEACON);
  if (row === null) return '-';
  const { state, episode, revision: change } = row.detection;
  const opening = hours(0, 200).find((hour) => at(hour) === episode);
  return `${state} ${opening}/${change}${sent.length > 0 ? ' notified' : ''}`;
}

describe.each([1, 1000])('the life of a detection, in pages of %d', (pages) => {
  it.each(Object.entries(CASES))('%s', async (_case, steps) => {
    const tenant = new Tenant();
    const lived: string[] = [];
    for (const step of steps) lived.push(`${step.run}: ${await play(tenant, step, pages)}`);
    expect(lived).toEqual(steps.map(({ run, stands }) => `${run}: ${stands}`));
  });
});

describe('a detection', () => {
  const through = async (steps: readonly Step[]): Promise<Detection> => {
    const tenant = new Tenant();
    for (const step of steps) await play(tenant, step, 1000);
    return await tenant.detection(BEACON);
  };

  it('names what raised its change', async () => {
    expect((await through([opened])).revisionReason).toBe('');
    expect((await through([opened, decided])).revisionReason).toBe('');
    const risen = await through(CASES['is notified where the other detector takes away the step down, once'] ?? []);
    expect(risen).toMatchObject({
      severity: 'high',
      revisionReason: 'The severity rose to high (highest before: medium).',
      decision: { isDecided: true, highestSeverity: 'high' },
    });
  });

  it('keeps its past episodes, oldest first, with the highest average of each: the newest twenty', async () => {
    const episode = (start: number): Step[] => [
      { reports: [[start, start + 3, 60]], run: start + 4, stands: '-' },
      { reports: [[start + 4, start + 4, 80]], run: start + 5, stands: '-' },
      { reports: [[start + 5, start + 5, 0]], run: start + 6, stands: '-' },
      { run: start + 80, stands: '-' },
    ];
    const starts = Array.from({ length: 6 }, (_, n) => 82 * n);
    const last = starts.at(-1) as number;
    const found = await through(starts.flatMap(episode));
    expect(found.state).toBe('resolved');
    const past = starts.slice(0, -1).map((start) => ({
      episode: at(start + 4),
      resolved: at(start + 80),
      average: (4 * 60 + 80) / 5,
    }));
    expect(found.episodes).toEqual(past);
    expect(found.highestAverage).toBe(64);
    const many = Array.from({ length: 25 }, (_, n) => ({ episode: at(-n), resolved: at(-n), average: n }));
    const tenant = new Tenant();
    await tenant.detected(BEACON, { state: 'resolved', asOf: at(0), episodes: many.slice(0, 20), highestAverage: 77 });
    await tenant.reports(BEACON, hours(1, 4));
    await tenant.fresh(5);
    const { episodes } = await tenant.detection(BEACON);
    expect(episodes).toEqual([...many.slice(1, 20), { episode: at(0), resolved: at(0), average: 77 }]);
    expect(last).toBe(410);
  });

  it('is examined where it opens, where it changes, and once a day', async () => {
    const tenant = new Tenant();
    await play(tenant, opened, 1000);
    const lookedAt = async () => (await tenant.detection(BEACON)).traffic.asOf;
    expect(await lookedAt()).toBe(at(4));
    // An hour after the opening its decision needs no new reading.
    await play(tenant, decided, 1000);
    expect(await lookedAt()).toBe(at(4));
    await play(tenant, { reports: [[4, 5, 60]], run: 6, stands: '-' }, 1000);
    expect(await lookedAt()).toBe(at(6));
    await play(tenant, { reports: [[6, 28, 60]], run: 29, stands: '-' }, 1000);
    expect(await lookedAt()).toBe(at(6));
    await play(tenant, { reports: [[29, 29, 60]], run: 30, stands: '-' }, 1000);
    expect(await lookedAt()).toBe(at(30));
  });

  it('of raw events is examined over the newest four hours that were scored, without the one that begins', async () => {
    const tenant = new Tenant();
    const raw: Group = { ...BEACON, source: 'sysmon' };
    const rows = hours(-9, 4).map((hour) => ({
      ...raw,
      Timestamp: at(hour),
      contribution: '00112233445566aa',
      count: 60,
      failed: false,
      programHash: null,
      facts: { RemotePort: hour === 0 ? 80 : hour === 4 ? 53 : 443 },
    }));
    await storeRows(tenant.stores.hourlyCounts, rows);
    await tenant.fresh(4);
    const found = await tenant.detection(raw);
    const { evidence } = ruleOf(found);
    const { traffic } = found;
    expect(evidence.Timestamp).toEqual(hours(-8, 3).map(at));
    expect(traffic.ports).toEqual([
      { port: 443, reports: 3 },
      { port: 80, reports: 1 },
    ]);
    const shown = await getDetection(tenant.stores, idOf(raw), 0.5);
    expect(shown?.latestReports.map(({ Timestamp }) => Timestamp)).toEqual(hours(0, 3).map(at).reverse());
  });

  it('is examined over the newest 500 rows, however they come in pages', async () => {
    const tenant = new Tenant();
    await tenant.reports(BEACON, hours(0, 3));
    const [model] = await tenant.counts();
    const rows = (length: number, RemotePort: number) =>
      Array.from({ length }, () => ({ ...(model as Contribution), facts: { RemotePort } }));
    const read: string[] = [];
    const stores = withCounts(tenant.stores, () => ({
      async *ofGroup(hour, groupId) {
        expect(groupId).toBe(BEACON.groupId);
        read.push(hour);
        yield rows(hour === at(3) ? 160 : 400, hour === at(3) ? 443 : 80);
        yield rows(50, 443);
      },
    }));
    await tenant.fresh(4, { stores });
    expect(read).toEqual([at(3), at(2)]);
    const { ports } = (await tenant.detection(BEACON)).traffic;
    expect(ports).toEqual([
      { port: 443, reports: 260 },
      { port: 80, reports: 240 },
    ]);
  });

  it('is the same whether overlapping runs take turns or come at once', async () => {
    const tenant = new Tenant();
    await tenant.reports(BEACON, hours(0, 9));
    await tenant.reports(BEACON, hours(10, 30), 130);
    const each = [12, 16, 20, 24, 28, 28, 16];
    await Promise.all(each.map((hour) => tenant.fresh(hour, { settings: { ...SETTINGS, retentionDays: 10 } })));
    const { state, episode, asOf, lastMatched } = await tenant.detection(BEACON);
    // Which run comes first is open; what the newest leaves is not.
    expect({ state: state === 'new' ? 'ongoing' : state, asOf, lastMatched }).toEqual({
      state: 'ongoing',
      asOf: at(28),
      lastMatched: at(28),
    });
    expect(each.map(at)).toContain(episode);
    expect((await tenant.pending()).every(({ detectionId }) => detectionId === idOf(BEACON))).toBe(true);
  });
});
