import { streamed } from '../core/records/records.ts';

/** The end of the window of the tests, and its start. */
export const NOW = '2026-11-20T12:00:00Z';
export const FIRST = Date.UTC(2026, 10, 17, 12);

interface Traffic {
  readonly device?: string;
  readonly process?: string;
  readonly remote?: string;
  /** Hours of the window; negative ones are before it. */
  readonly hours: readonly number[];
  readonly count?: (hour: number) => number;
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** One report for each hour, at minute 20. */
export function reports(traffic: Traffic): string[] {
  const { device = 'wks-1', process = 'a.exe', remote = '203.0.113.7', hours, count = () => 1, facts } = traffic;
  return hours.map((hour) =>
    JSON.stringify(
      streamed({
        Timestamp: new Date(FIRST + hour * 3_600_000 + 20 * 60_000).toISOString(),
        ReportId: hour,
        DeviceName: device,
        InitiatingProcessFileName: process,
        RemoteIP: remote,
        AdditionalFields: `{"uniqueEventsAggregated":${count(hour)}}`,
        ...facts,
      }),
    ),
  );
}

/** Every so many hours of the window. */
export function every(step: number, from = 0, to = 72): number[] {
  return Array.from({ length: Math.ceil((to - from) / step) }, (_, n) => from + n * step);
}

/** Counts that no detector takes for a beacon. */
export function irregular(hour: number): number {
  return [1, 90, 7, 240, 2, 31, 66][(hour * hour) % 7] ?? 1;
}
