import type { Grain } from '../scoring/series.ts';

/** The unit of a series' mean. In grain `report` a point is one report, and an hour can have several. */
export function rateUnit(grain: Grain): 'per hour' | 'per report' {
  return grain === 'hour' ? 'per hour' : 'per report';
}
