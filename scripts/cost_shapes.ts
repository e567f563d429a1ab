import type { Measured } from './cost_model.ts';

/** What one device sends in an hour, and how many detections of it are open. */
export interface Shape {
  readonly name: string;
  readonly bytes: number;
  readonly reports: number;
  readonly rows: number;
  readonly detections: number;
}

/**
 * Two shapes, because nobody knows yours before you measure it. The low one is the sample tenant of the counted run, the high
 * one the tenant of the benchmarks (`bench/harness/tenant.ts`, 250 devices over a day). Open detections: what several
 * synthetic tenants had after the first window, from the least to the most.
 */
export function shapesOf({ devices, hours, bytes, reports, rows }: Measured): readonly [low: Shape, high: Shape] {
  const each = (amount: number) => amount / devices / hours;
  return [
    { name: 'low', bytes: each(bytes), reports: each(reports), rows: each(rows), detections: 0.8 },
    { name: 'high', bytes: 262_700, reports: 18.3, rows: 18.2, detections: 3.5 },
  ];
}
