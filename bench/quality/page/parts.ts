import type { Origin } from '../../harness/machine.ts';
import { quantile } from '../../harness/statistics.ts';
import { ACCEPTANCE_COLUMNS, ACCEPTANCE_ROWS, JITTERS } from '../acceptance.ts';
import { CAPTURE_DETECTORS } from '../captures/score_capture.ts';
import { MEASURED_DETECTORS, type MeasuredDetector } from '../detectors.ts';
import type { FalseRate } from '../false_rates.ts';
import { SETUPS } from '../fleet/detections.ts';
import {
  FOUND_GOAL,
  NOTIFIED_GOAL,
  notifiedBeacons,
  notifiedRate,
  per100DeviceDays,
  WITHOUT_RARE,
} from '../fleet/goals.ts';
import { type FleetBeacon, type FleetSummary, ORIGINS } from '../fleet/summary.ts';
import { GRID_SLEEPS } from '../grid.ts';
import { acceptanceCell, FALSE_LOOK_LIMIT, FALSE_WEEK_LIMIT, pooled } from '../regression.ts';
import { RIVALS } from '../rivals/rivals.ts';
import type { StoredQuality } from '../stored.ts';
import { agree, type Share, wilson } from '../wilson.ts';
import { durationText, perThousand, table } from './text.ts';

/** The parts of docs/quality.md that are made of results, by the name of their markers. */
export function qualityParts(stored: StoredQuality): ReadonlyMap<string, string> {
  return new Map([
    ['quality_verdict', verdict(stored)],
    ['quality_acceptance', acceptance(stored.synthetic)],
    ['quality_recall', recall(stored.synthetic)],
    ['quality_false', falseRates(stored.synthetic)],
    ['quality_fleet', fleet(stored.fleet)],
    ['quality_beacons', beacons(stored.fleet)],
    ['quality_captures', captures(stored.captures)],
  ]);
}

function verdict({ synthetic, fleet: { fleets, heldOut } }: StoredQuality): string {
  const cells = acceptanceCells(synthetic);
  const agreeing = cells.filter(({ promised, measured }) => agree(promised, measured)).length;
  return table(
    ['what', 'measured', 'goal', ''],
    [
      [
        'cells of the acceptance table that agree',
        `${agreeing} of ${cells.length}`,
        'all',
        met(agreeing === cells.length),
      ],
      limitRow(
        'irregular traffic at a score of 0.60 at one look',
        pooled(synthetic.looks, 'regularity'),
        FALSE_LOOK_LIMIT,
      ),
      limitRow(
        'irregular traffic ripe in a week of hourly looks',
        pooled(synthetic.weeks, 'regularity'),
        FALSE_WEEK_LIMIT,
      ),
      ...fleetRows('', fleets),
      ...fleetRows(', fleets that no choice was made on', heldOut),
    ],
  );
}

function fleetRows(which: string, fleets: readonly FleetSummary[]): string[][] {
  const rate = notifiedRate(fleets);
  const found = notifiedBeacons(fleets);
  return [
    [
      `benign notifications per 100 device-days, both detectors, without rare regular programs${which}`,
      rate.toFixed(2),
      `at most ${NOTIFIED_GOAL}`,
      met(rate <= NOTIFIED_GOAL),
    ],
    [
      `seeded beacons of 30 s to 4 h that are notified${which}`,
      `${percent(found)} (${interval(found, percentOf)})`,
      `at least ${100 * FOUND_GOAL} %`,
      met(found.hits / found.of >= FOUND_GOAL),
    ],
  ];
}

function limitRow(what: string, share: Share, limit: number): string[] {
  const measured = `${perThousand(share.hits / share.of)} per 1,000 (${interval(share, perThousand)})`;
  return [what, measured, `at most ${limit * 1000} per 1,000`, met(share.hits / share.of <= limit)];
}

function met(is: boolean): string {
  return is ? 'met' : '**missed**';
}

function acceptanceCells({ recall: cells }: StoredQuality['synthetic']) {
  return ACCEPTANCE_ROWS.flatMap((_row, row) =>
    ACCEPTANCE_COLUMNS.flatMap((_column, column) =>
      JITTERS.flatMap((_jitter, jitter) => acceptanceCell(cells, { row, column, jitter }) ?? []),
    ),
  );
}

function acceptance(synthetic: StoredQuality['synthetic']): string {
  const rows = ACCEPTANCE_ROWS.map(({ name }, row) => [
    name,
    ...ACCEPTANCE_COLUMNS.map((_column, column) =>
      JITTERS.map((_jitter, jitter) => {
        const cell = acceptanceCell(synthetic.recall, { row, column, jitter });
        if (cell === null) return '–';
        const text = shareText(cell.measured);
        return agree(cell.promised, cell.measured) ? text : `**${text}** (promised ${shareText(cell.promised)})`;
      }).join(' / '),
    ),
  ]);
  return [
    originLine(synthetic),
    table(['time between connections', ...ACCEPTANCE_COLUMNS.map(({ name }) => name)], rows),
  ].join('\n\n');
}

/** By sleep, at a jitter of 0.2: our detectors on hourly reports, rivals on the seconds and sizes of the connections. */
function recall({ recall: cells, rivals }: StoredQuality['synthetic']): string {
  const SHOWN_JITTER = 0.2;
  const rows = GRID_SLEEPS.map((sleep) => {
    const ofSleep = (schedule: string, hours: number) =>
      cells.find(
        (cell) =>
          cell.sleep === sleep && cell.jitter === SHOWN_JITTER && cell.schedule === schedule && cell.hours === hours,
      );
    const [on, off, young] = [ofSleep('on', 72), ofSleep('off', 72), ofSleep('on', 24)];
    const rival = rivals.recall.find((cell) => cell.sleep === sleep && cell.jitter === SHOWN_JITTER);
    const share = (cell: typeof on, detector: MeasuredDetector) =>
      cell === undefined ? '–' : shareText({ hits: cell.found[detector], of: cell.runs });
    return [
      durationText(sleep),
      ...MEASURED_DETECTORS.map((detector) => share(on, detector)),
      share(off, 'both'),
      share(young, 'both'),
      ...RIVALS.map((name) => (rival === undefined ? '–' : shareText({ hits: rival.found[name], of: rival.runs }))),
    ];
  });
  const head = ['time between connections', ...MEASURED_DETECTORS, 'both, off at night', 'both, 24 h old', ...RIVALS];
  return table(head, rows);
}

function falseRates({ looks, weeks, rivals }: StoredQuality['synthetic']): string {
  const rows = (what: string, rates: readonly FalseRate[], pool: string) => [
    ...rates.map(({ kind, groups, found }) => [
      `${kind}, ${what}`,
      groups.toLocaleString('en-US'),
      ...MEASURED_DETECTORS.map((detector) => rateText({ hits: found[detector], of: groups })),
      ...RIVALS.map((rival) => {
        const measured = what === 'one look' ? rivals.looks.find((each) => each.kind === kind) : undefined;
        return measured === undefined ? '–' : rateText({ hits: measured.found[rival], of: measured.groups });
      }),
    ]),
    [
      pool,
      pooled(rates, 'regularity').of.toLocaleString('en-US'),
      ...MEASURED_DETECTORS.map((detector) => rateText(pooled(rates, detector))),
      ...RIVALS.map(() => '–'),
    ],
  ];
  return table(
    ['per 1,000 groups', 'groups', ...MEASURED_DETECTORS, ...RIVALS],
    [...rows('one look', looks, 'together, one look'), ...rows('a week', weeks, 'together, a week')],
  );
}

function rateText(share: Share): string {
  return `${perThousand(share.hits / share.of)} (${interval(share, perThousand)})`;
}

function fleet({ origin, fleets }: StoredQuality['fleet']): string {
  const perOrigin = ORIGINS.filter((each) => each !== 'beacon').map((each) => [
    each,
    ...SETUPS.flatMap((setup) => [
      per100DeviceDays(fleets, ({ opened }) => opened[setup], [each]).toFixed(1),
      per100DeviceDays(fleets, ({ notified }) => notified[setup], [each]).toFixed(2),
    ]),
  ]);
  const sums = (name: string, origins?: typeof WITHOUT_RARE) => [
    name,
    ...SETUPS.flatMap((setup) => [
      per100DeviceDays(fleets, ({ opened }) => opened[setup], origins).toFixed(1),
      per100DeviceDays(fleets, ({ notified }) => notified[setup], origins).toFixed(2),
    ]),
  ];
  const groups = fleets.map((each) => each.groups.toLocaleString('en-US')).join(', ');
  return [
    `${measuredAt(origin)}; seeds ${fleets.map(({ seed }) => seed).join(', ')}; ${fleets[0]?.pairs ?? 0} benign pairs each, and ${groups} groups.`,
    table(
      ['per 100 device-days', ...SETUPS.flatMap((setup) => [`${setup}: matches`, `${setup}: notified`])],
      [...perOrigin, sums('all without rare regular programs', WITHOUT_RARE), sums('all that is benign')],
    ),
    `By seed, both detectors, without rare regular programs: ${fleets
      .map((each) => notifiedRate([each]).toFixed(1))
      .join(
        ', ',
      )}. The digest at the end of the baseline holds ${per100DeviceDays(fleets, ({ digest }) => digest.both, WITHOUT_RARE).toFixed(1)} of it.`,
  ].join('\n\n');
}

const BANDS = [
  [30, 80],
  [80, 300],
  [300, 900],
  [900, 3_600],
  [3_600, 7_200],
  [7_200, 14_400],
] as const;

function beacons({ fleets }: StoredQuality['fleet']): string {
  const all = fleets.flatMap((each) => each.beacons);
  const row = (name: string, some: readonly FleetBeacon[]) => {
    const notified = some.flatMap((each) => each.notified ?? []);
    const recorded = some.filter((each) => each.recorded !== null).length;
    const hours = (q: number) => (notified.length === 0 ? '–' : `${quantile(notified, q).toFixed(0)} h`);
    return [
      name,
      String(some.length),
      percent({ hits: recorded, of: some.length }),
      percent({ hits: notified.length, of: some.length }),
      hours(0.5),
      hours(0.9),
    ];
  };
  const rows = BANDS.flatMap(([from, to]) =>
    [false, true].map((isLaptop) =>
      row(
        `${durationText(from)} to ${durationText(to)}, ${isLaptop ? 'laptop' : 'always on'}`,
        all.filter((each) => each.interval >= from && each.interval < to && each.isLaptop === isLaptop),
      ),
    ),
  );
  return table(
    ['time between connections', 'beacons', 'recorded', 'notified', 'half notified by', '90 % notified by'],
    [
      ...rows,
      row(
        'hidden in traffic of many devices',
        all.filter(({ isHidden }) => isHidden),
      ),
      row(
        'all others',
        all.filter(({ isHidden }) => !isHidden),
      ),
      row('all', all),
    ],
  );
}

function captures({ origin, results, skipped }: StoredQuality['captures']): string {
  const names = [...new Set(results.map(({ capture }) => capture))];
  const rows = names.map((name) => [
    `\`${name}\``,
    ...CAPTURE_DETECTORS.map((detector) => {
      const result = results.find((each) => each.capture === name && each.detector === detector);
      if (result === undefined) return '–';
      const { labelled, ranks, others } = result;
      if (labelled === 0) return String(others);
      return `${ranks.map((rank) => (rank === null ? '**not found**' : `rank ${rank}`)).join(', ')}; ${others}`;
    }),
  ]);
  return [
    `${measuredAt(origin, 'npm run bench:quality -- --captures DIR')}.${skipped.length > 0 ? ` Skipped: ${skipped.join(', ')}.` : ''}`,
    table(['capture', ...CAPTURE_DETECTORS], rows),
  ].join('\n\n');
}

function originLine({ origin, seed }: StoredQuality['synthetic']): string {
  return `${measuredAt(origin)}; seed ${seed}, 200 runs a cell.`;
}

function measuredAt({ date, commit, dirty, node }: Origin, command = 'npm run bench:quality'): string {
  return `\`${command}\`: ${date.slice(0, 10)}, commit \`${commit}\`${dirty ? ' and changes' : ''}, Node ${node}`;
}

/** `1`, `0.95`, `0`: to two decimals. */
function shareText({ hits, of }: Share): string {
  return String(Math.round((100 * hits) / of) / 100);
}

function percentOf(share: number): string {
  return (100 * share).toFixed(0);
}

function percent({ hits, of }: Share): string {
  return of === 0 ? '–' : `${percentOf(hits / of)} %`;
}

/** The interval that holds the true share in 95 % of all cases. */
function interval(share: Share, text: (value: number) => string): string {
  return wilson(share, 1.96).map(text).join('–');
}
