import { ACCEPTANCE_COLUMNS, ACCEPTANCE_ROWS, JITTERS } from './acceptance.ts';
import { MEASURED_DETECTORS, type MeasuredDetector } from './detectors.ts';
import type { FalseRate } from './false_rates.ts';
import { SETUPS } from './fleet/detections.ts';
import { notifiedBeacons } from './fleet/goals.ts';
import { type FleetSummary, ORIGINS } from './fleet/summary.ts';
import { cellName, type RecallCell, RUNS } from './recall.ts';
import type { SyntheticResults } from './synthetic.ts';
import { agree, type Share, wilson } from './wilson.ts';

type Measured = Omit<SyntheticResults, 'origin'>;

/** Irregular groups that `regularity` may match at one look, and that may become ripe in a week of hourly looks. */
export const FALSE_LOOK_LIMIT = 1.5e-3;
export const FALSE_WEEK_LIMIT = 2.5e-3;

/** What was measured and is not as promised: one line for each cell, by name. */
export function brokenPromises(measured: Measured): string[] {
  return [
    ...acceptanceFaults(measured.recall),
    ...limitFaults('one look', measured.looks, FALSE_LOOK_LIMIT),
    ...limitFaults('a week of hourly looks', measured.weeks, FALSE_WEEK_LIMIT),
  ];
}

/** A cell of the acceptance table: what is promised, and what was measured. */
export interface AcceptanceCell {
  readonly promised: Share;
  readonly measured: Share;
}

/** The cells of a row and column, by jitter; null where one was not measured. */
export function acceptanceCell(
  recall: readonly RecallCell[],
  at: { readonly row: number; readonly column: number; readonly jitter: number },
): AcceptanceCell | null {
  const row = ACCEPTANCE_ROWS[at.row];
  const column = ACCEPTANCE_COLUMNS[at.column];
  const jitter = JITTERS[at.jitter];
  const promised = row?.recall[at.column]?.[at.jitter];
  if (row === undefined || column === undefined || jitter === undefined || promised === undefined) return null;
  const cells = recall.filter(
    (cell) =>
      row.sleeps.includes(cell.sleep) &&
      cell.jitter === jitter &&
      cell.schedule === column.schedule &&
      cell.hours === column.hours,
  );
  if (cells.length < row.sleeps.length) return null;
  const worst = cells.reduce((a, b) => (b.found.regularity < a.found.regularity ? b : a));
  return {
    promised: { hits: Math.round(promised * RUNS), of: RUNS },
    measured: { hits: worst.found.regularity, of: worst.runs },
  };
}

function acceptanceFaults(recall: readonly RecallCell[]): string[] {
  const faults: string[] = [];
  for (const [rowAt, row] of ACCEPTANCE_ROWS.entries()) {
    for (const [columnAt, column] of ACCEPTANCE_COLUMNS.entries()) {
      for (const [jitterAt, jitter] of JITTERS.entries()) {
        const cell = acceptanceCell(recall, { row: rowAt, column: columnAt, jitter: jitterAt });
        if (cell === null || agree(cell.promised, cell.measured)) continue;
        const name = `${row.name}, ${column.name}, jitter ${jitter}`;
        faults.push(
          `recall of regularity, ${name}: ${shareText(cell.measured)}, the definition promises ${shareText(cell.promised)}`,
        );
      }
    }
  }
  return faults;
}

/** The kinds together. Only a rate that lies above the limit beyond chance is a fault. */
function limitFaults(what: string, rates: readonly FalseRate[], limit: number): string[] {
  const share = pooled(rates, 'regularity');
  if (share.of === 0 || wilson(share)[0] <= limit) return [];
  return [`false rate of regularity, ${what}: ${shareText(share)}, the limit is ${limit * 1000} per 1,000`];
}

export function pooled(rates: readonly FalseRate[], detector: MeasuredDetector): Share {
  return {
    hits: rates.reduce((sum, { found }) => sum + found[detector], 0),
    of: rates.reduce((sum, { groups }) => sum + groups, 0),
  };
}

/** What differs from stored results by more than chance explains, up or down: one line for each cell, by name. */
export function changes(stored: Measured, measured: Measured): string[] {
  const before = new Map(sharesOf(stored));
  return sharesOf(measured).flatMap(([name, share]) => {
    const was = before.get(name);
    if (was === undefined) return [`${name}: not in the stored results`];
    return agree(was, share) ? [] : [`${name}: ${shareText(share)}, stored is ${shareText(was)}`];
  });
}

/** What differs from the stored fleets of the same seeds by more than chance explains. Other seeds have no fleets to compare with. */
export function fleetChanges(stored: readonly FleetSummary[], measured: readonly FleetSummary[]): string[] {
  return measured.flatMap((fleet) => {
    const before = stored.find(({ seed }) => seed === fleet.seed);
    if (before === undefined) return [];
    const notified = SETUPS.flatMap((setup) =>
      ORIGINS.flatMap((origin) => {
        const [was, is] = [before.notified[setup][origin], fleet.notified[setup][origin]];
        if (Math.abs(is - was) <= 3 * Math.sqrt(is + was)) return [];
        return [`fleet ${fleet.seed}, ${setup}, ${origin}: ${is} notifications, stored is ${was}`];
      }),
    );
    const [was, is] = [notifiedBeacons([before]), notifiedBeacons([fleet])];
    if (agree(was, is)) return notified;
    return [...notified, `fleet ${fleet.seed}, beacons notified: ${shareText(is)}, stored is ${shareText(was)}`];
  });
}

function sharesOf({ recall, looks, weeks }: Measured): [name: string, share: Share][] {
  const rates = (what: string, all: readonly FalseRate[]) =>
    all.flatMap(({ kind, groups, found }) =>
      MEASURED_DETECTORS.map((detector): [string, Share] => [
        `false rate of ${detector}, ${kind}, ${what}`,
        { hits: found[detector], of: groups },
      ]),
    );
  return [
    ...recall.flatMap((cell) =>
      MEASURED_DETECTORS.map((detector): [string, Share] => [
        `recall of ${detector}, ${cellName(cell)}`,
        { hits: cell.found[detector], of: cell.runs },
      ]),
    ),
    ...rates('one look', looks),
    ...rates('a week of hourly looks', weeks),
  ];
}

/** `0.94 (188 of 200)` */
export function shareText({ hits, of }: Share): string {
  const share = of === 0 ? 0 : hits / of;
  return `${share > 0 && share < 0.01 ? share.toPrecision(2) : share.toFixed(2)} (${hits} of ${of})`;
}
