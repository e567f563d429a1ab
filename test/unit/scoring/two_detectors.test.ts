import { describe, expect, it } from 'vitest';
import { detectorsOf } from '../../../src/core/detections/assessments.ts';
import type { Detection } from '../../../src/core/detections/detection.ts';
import { publicAddressOf } from '../../../src/core/regularity/public_address.ts';
import { recordVerdict } from '../../../src/detections/record_verdict.ts';
import type { ScoreSettings } from '../../../src/scoring/score_windows.ts';
import { suppression } from '../../contract/samples.ts';
import { type FleetChanges, fleetAt } from '../../support/scoring/fleet.ts';
import { at, BOTH, group, hours, idOf, inPages, sinkState, Tenant } from '../../support/scoring/tenant.ts';

/*
 * The life of one group that two detectors look at, as a table. The KQL rule of these tests asks for four even hours above 45
 * within a window of twelve. `regularity` has its 72 hours: a session of six hours matches, and so do ten even hours.
 */

const BEACON = group(1);
const PROCESS = BEACON.InitiatingProcessFileName;
const NETWORK = publicAddressOf(BEACON.RemoteIP)?.network ?? '';

interface Step {
  /** Reports that have come in since: first hour, last hour, count of each. */
  readonly reports?: readonly (readonly [first: number, last: number, count: number])[];
  readonly run: number;
  readonly fleet?: FleetChanges;
  readonly detectors?: ScoreSettings['detection']['detectors'];
  /** Suppressions by detector from this step on. */
  readonly suppressed?: readonly ('kql-rule' | 'regularity')[];
  readonly isJudged?: boolean;
  /** The lowest severity of the sink. */
  readonly from?: Detection['severity'];
  /**
   * `-` for no row; else its state, the hour that opened its episode and its revision, its severity, the detectors of the episode
   * in short; `notified` where the sink was, `hidden` where it is suppressed.
   */
  readonly stands: string;
}

const even = (first: number, last: number, count: number) => [[first, last, count]] as const;
const COMMON: FleetChanges = { regular: [[PROCESS, NETWORK, 11]] };
const FRESH: FleetChanges = { fresh: [[PROCESS, NETWORK]] };
const SHARED: FleetChanges = { shared: [[PROCESS, NETWORK]] };
/** More than few devices are regular, and fewer than many. */
const SOME: FleetChanges = { regular: [[PROCESS, NETWORK, 5]] };

/** The KQL rule alone: four hours are too few for `regularity`. */
const kqlFirst: readonly Step[] = [
  { reports: even(0, 3, 60), run: 4, stands: 'new 4/0 low kql' },
  { run: 5, stands: 'ongoing 4/1 medium kql notified' },
];
/** `regularity` alone: 12 an hour are below the KQL rule's average. */
const regularFirst: readonly Step[] = [
  { reports: even(0, 5, 12), run: 6, stands: 'new 6/0 low reg' },
  { run: 7, stands: 'ongoing 6/1 medium reg notified' },
];

const CASES: Readonly<Record<string, readonly Step[]>> = {
  'the KQL rule opens, and the other one follows hours later: its severity rises': [
    ...kqlFirst,
    { reports: even(4, 5, 60), run: 6, stands: 'ongoing 4/2 high kql+reg notified' },
    { reports: even(6, 9, 60), run: 10, stands: 'ongoing 4/2 high kql+reg' },
  ],
  'regularity opens, and the KQL rule follows hours later': [
    ...regularFirst,
    { reports: even(6, 25, 60), run: 26, stands: 'ongoing 6/2 high kql+reg notified' },
  ],
  'the KQL rule alone, where more than few devices use the process in this network': [
    { reports: even(0, 3, 60), run: 4, fleet: SHARED, stands: 'new 4/0 low kql' },
    { run: 5, fleet: SHARED, stands: 'ongoing 4/1 low kql' },
    { run: 6, stands: 'ongoing 4/2 medium kql notified' },
  ],
  'a session alone, where more than few devices use the process in this network': [
    { reports: even(0, 5, 12), run: 6, fleet: SHARED, stands: 'new 6/0 low reg' },
    { run: 7, fleet: SHARED, stands: 'ongoing 6/1 low reg' },
    { run: 8, stands: 'ongoing 6/2 medium reg notified' },
  ],
  'both, where more than few devices are regular: recorded, unless it is new': [
    { reports: even(0, 5, 60), run: 6, fleet: SOME, stands: 'new 6/0 low kql+reg' },
    { run: 7, fleet: SOME, stands: 'ongoing 6/1 low kql+reg' },
    { run: 8, fleet: { ...SOME, ...FRESH }, stands: 'ongoing 6/2 high kql+reg notified' },
  ],
  'the second one is no revision where it does not raise the severity': [
    { reports: even(0, 5, 47), run: 6, fleet: FRESH, stands: 'new 6/0 low kql+reg' },
    { run: 7, fleet: FRESH, stands: 'ongoing 6/1 medium kql+reg notified' },
  ],
  'the KQL rule ends, and the other one keeps it open': [
    { reports: even(0, 5, 60), run: 6, stands: 'new 6/0 low kql+reg' },
    { run: 7, stands: 'ongoing 6/1 high kql+reg notified' },
    { reports: even(6, 60, 12), run: 61, stands: 'ongoing 6/1 medium kql+reg' },
    { run: 95, stands: 'ongoing 6/1 medium kql+reg' },
  ],
  'regularity ends, and the KQL rule keeps it open, alone': [
    { reports: even(0, 5, 60), run: 6, stands: 'new 6/0 low kql+reg' },
    { run: 7, stands: 'ongoing 6/1 high kql+reg notified' },
    {
      reports: Array.from({ length: 12 }, (_, n) => [70 + n, 70 + n, n % 2 === 0 ? 20 : 400] as const),
      run: 82,
      stands: 'ongoing 6/1 low kql+reg',
    },
  ],
  'both end: it is resolved once neither has matched for 72 hours': [
    { reports: even(0, 5, 60), run: 6, stands: 'new 6/0 low kql+reg' },
    { run: 7, stands: 'ongoing 6/1 high kql+reg notified' },
    { run: 60, stands: 'ongoing 6/1 medium kql+reg' },
    { run: 74, stands: 'ongoing 6/1 medium kql+reg' },
    { run: 160, stands: 'resolved 6/1 medium kql+reg' },
  ],
  'a new episode begins again: undecided, not ripe, with its own detectors': [
    ...regularFirst,
    { run: 160, stands: 'resolved 6/1 medium reg' },
    { reports: even(160, 163, 60), run: 164, stands: 'new 164/0 low kql' },
    { run: 165, stands: 'ongoing 164/1 medium kql notified' },
  ],
  'a verdict in between stays, and changes no notification': [
    ...kqlFirst,
    { isJudged: true, reports: even(4, 5, 60), run: 6, stands: 'ongoing 4/2 high kql+reg notified judged' },
    { run: 160, stands: 'resolved 4/2 high kql+reg judged' },
    { reports: even(160, 163, 60), run: 164, stands: 'new 164/0 low kql judged' },
  ],
  'one that is suppressed raises nothing, and still takes away the step down': [
    ...kqlFirst,
    { reports: even(4, 5, 60), suppressed: ['regularity'], run: 6, stands: 'ongoing 4/2 high kql+reg notified' },
    { suppressed: ['regularity'], run: 7, stands: 'ongoing 4/2 high kql+reg' },
  ],
  'it is hidden where the only one that matches is suppressed': [
    { reports: even(0, 5, 12), suppressed: ['regularity'], run: 6, stands: 'new 6/0 low reg hidden' },
    { suppressed: ['regularity'], run: 7, stands: 'ongoing 6/1 medium reg hidden' },
    { run: 8, stands: 'ongoing 6/1 medium reg notified' },
  ],
  'it is hidden where both are suppressed': [
    { reports: even(0, 5, 60), suppressed: ['kql-rule', 'regularity'], run: 6, stands: 'new 6/0 low kql+reg hidden' },
    { suppressed: ['kql-rule', 'regularity'], run: 7, stands: 'ongoing 6/1 high kql+reg hidden' },
    { suppressed: ['kql-rule'], run: 8, stands: 'ongoing 6/1 medium kql+reg notified' },
  ],
  'what is common opens nothing; open already it is low, and is resolved like others': [
    { reports: even(0, 5, 12), fleet: COMMON, run: 6, stands: '-' },
    { run: 7, stands: 'new 7/0 low reg' },
    { run: 8, stands: 'ongoing 7/1 medium reg notified' },
    { fleet: COMMON, run: 9, stands: 'ongoing 7/1 low reg' },
    { fleet: COMMON, run: 72, stands: 'ongoing 7/1 low reg' },
    { reports: even(6, 81, 12), fleet: COMMON, run: 81, stands: 'resolved 7/1 low reg' },
  ],
  'a match of the KQL rule that is common is low': [
    { reports: even(0, 5, 60), fleet: COMMON, run: 6, from: 'low', stands: 'new 6/0 low kql' },
    { fleet: COMMON, run: 7, from: 'low', stands: 'ongoing 6/1 low kql notified' },
  ],
  'new in the fleet and with a high score it is high': [
    { reports: even(0, 35, 12), fleet: FRESH, run: 36, stands: 'new 36/0 low reg' },
    { fleet: FRESH, run: 37, stands: 'ongoing 36/1 high reg notified' },
  ],
  'below the severity of the sink it is recorded': [
    { reports: even(0, 3, 60), from: 'high', run: 4, stands: 'new 4/0 low kql' },
    { from: 'high', run: 5, stands: 'ongoing 4/1 medium kql' },
    { reports: even(4, 5, 60), from: 'high', run: 6, stands: 'ongoing 4/2 high kql+reg notified' },
  ],
  'nothing is notified during the baseline, and all that is decided at its end': [
    { reports: even(0, 5, 60), fleet: { baseline: 'lasts' }, run: 6, stands: 'new 6/0 low kql+reg' },
    { fleet: { baseline: 'lasts' }, run: 7, stands: 'ongoing 6/1 low kql+reg' },
    { fleet: { baseline: 'ends' }, run: 8, stands: 'ongoing 6/2 high kql+reg notified baseline' },
    { run: 9, stands: 'ongoing 6/2 high kql+reg' },
  ],
  'without regularity among the DETECTORS it opens and raises nothing, and takes away the step down': [
    { reports: even(0, 5, 12), detectors: ['kql-rule'], run: 6, stands: '-' },
    { reports: even(6, 25, 60), detectors: ['kql-rule'], run: 26, stands: 'new 26/0 low kql' },
    { detectors: ['kql-rule'], run: 27, stands: 'ongoing 26/1 high kql notified' },
  ],
  'without the KQL rule among the DETECTORS it opens nothing': [
    { reports: even(0, 3, 60), detectors: ['regularity'], run: 4, stands: '-' },
    { reports: even(4, 5, 60), detectors: ['regularity'], run: 6, stands: 'new 6/0 low reg' },
  ],
};

const SHORT = { 'kql-rule': 'kql', regularity: 'reg' } as const;

/** Plays a step, notifies what is pending at once, and gives how the row stands. */
async function play(tenant: Tenant, step: Step, pages: number): Promise<string> {
  for (const [first, last, count] of step.reports ?? []) await tenant.reports(BEACON, hours(first, last), count);
  const { suppressions } = tenant.stores;
  for (const detector of ['kql-rule', 'regularity'] as const) {
    const entry = { id: detector, process: '', remote: '', device: BEACON.DeviceName, detector, expires: at(1000) };
    if (step.suppressed?.includes(detector)) await suppressions.insert(suppression(entry));
    else await suppressions.remove(detector);
  }
  if (step.isJudged) {
    const said = { value: 'acknowledged', note: '', who: 'ana' } as const;
    await recordVerdict(tenant.stores, idOf(BEACON), said, () => 7);
  }
  const detection = { ...BOTH.detection, detectors: step.detectors ?? BOTH.detection.detectors };
  await tenant.fresh(step.run, {
    stores: inPages(tenant.stores, pages, pages),
    sinks: [sinkState('soc', { minSeverity: step.from ?? 'medium' })],
    settings: { ...BOTH, historyDays: 100, detection },
    fleet: fleetAt(at(step.run), step.fleet),
  });
  const ofBaseline = (await Array.fromAsync(tenant.stores.outbox.list('3' as never, 'soc')))
    .flat()
    .some(({ row }) => row.isOfBaseline);
  const sent = await tenant.pending();
  for (const { sink } of sent) await tenant.mark(BEACON, sink);
  const row = await tenant.row(BEACON);
  if (row === null) return '-';
  const { state, episode, revision, severity, suppressedBy } = row.detection;
  const opening = hours(0, 200).find((hour) => at(hour) === episode);
  return [
    `${state} ${opening}/${revision} ${severity}`,
    detectorsOf(row.detection)
      .map((detector) => SHORT[detector])
      .join('+'),
    ...(sent.length > 0 ? ['notified'] : []),
    ...(ofBaseline ? ['baseline'] : []),
    ...(suppressedBy === '' ? [] : ['hidden']),
    ...(row.verdict === null ? [] : ['judged']),
  ].join(' ');
}

describe.each([1, 1000])('two_detectors, in pages of %d', (pages) => {
  it.each(Object.entries(CASES))('%s', async (_case, steps) => {
    const tenant = new Tenant();
    const lived: string[] = [];
    for (const step of steps) lived.push(`${step.run}: ${await play(tenant, step, pages)}`);
    expect(lived).toEqual(steps.map(({ run, stands }) => `${run}: ${stands}`));
  });
});
