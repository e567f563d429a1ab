import type { Schedule } from './beacon.ts';

/** Sleeps of the first row of the table: the worst of them counts. */
export const SHORT_SLEEPS = [30, 60, 90, 200, 300] as const;
export const JITTERS = [0, 0.2, 0.5] as const;

/** A column of the table. */
export interface AcceptanceColumn {
  readonly name: string;
  readonly schedule: Schedule;
  readonly hours: number;
}

export const ACCEPTANCE_COLUMNS: readonly AcceptanceColumn[] = [
  { name: 'always on, 72 h', schedule: 'on', hours: 72 },
  { name: 'off 14 h a night', schedule: 'off', hours: 72 },
  { name: '5 % of reports lost', schedule: 'lost', hours: 72 },
  { name: '24 h old', schedule: 'on', hours: 24 },
  { name: '12 h old', schedule: 'on', hours: 12 },
  { name: '8 h old', schedule: 'on', hours: 8 },
];

/** A row: its sleeps, and for each column the recall at the jitters 0, 0.2 and 0.5. */
export interface AcceptanceRow {
  readonly name: string;
  readonly sleeps: readonly number[];
  readonly recall: readonly (readonly [number, number, number])[];
}

const NONE = [0, 0, 0] as const;

/** Recall of `regularity` as its definition promises it: ripe at one look, 200 runs a cell. */
export const ACCEPTANCE_ROWS: readonly AcceptanceRow[] = [
  {
    name: '30 s to 5 min (worst)',
    sleeps: SHORT_SLEEPS,
    recall: [
      [1, 1, 1],
      [1, 1, 1],
      [1, 1, 0.96],
      [1, 1, 0.94],
      [0.95, 0.95, 0.69],
      [0.94, 0.84, 0.17],
    ],
  },
  {
    name: '15 min',
    sleeps: [900],
    recall: [
      [1, 1, 1],
      [1, 1, 0.91],
      [1, 1, 0.69],
      [1, 1, 0.77],
      [0.97, 0.66, 0.3],
      [0.95, 0.41, 0.1],
    ],
  },
  {
    name: '30 min',
    sleeps: [1800],
    recall: [[1, 1, 1], [1, 1, 0.66], [1, 1, 0.6], [1, 0.94, 0.49], NONE, NONE],
  },
  {
    name: '1 h',
    sleeps: [3600],
    recall: [[1, 1, 0.81], [1, 0.93, 0.46], [1, 0.98, 0.52], [1, 0.85, 0.46], NONE, NONE],
  },
  {
    name: '2 h',
    sleeps: [7200],
    recall: [[1, 0.95, 0.95], [0.93, 0.51, 0.07], [0.96, 0.95, 0.88], [0.92, 0.53, 0.04], NONE, NONE],
  },
  {
    name: '4 h',
    sleeps: [14_400],
    recall: [[1, 1, 0.89], NONE, [0.94, 0.85, 0.59], NONE, NONE, NONE],
  },
];
