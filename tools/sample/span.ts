/** Hours that a sample tenant covers: the rule's three days. */
export const SAMPLE_HOURS = 72;
export const SECOND_MS = 1_000;

/**
 * Hours of the tenant's 72, counted from its first: `length` hours from `first` on, once or every 24 hours. They do not
 * depend on the clock, so that a sample with another end is the same sample, shifted.
 */
export interface Hours {
  readonly first: number;
  readonly length: number;
  readonly daily: boolean;
}

export const ALWAYS: Hours = { first: 0, length: SAMPLE_HOURS, daily: false };

export function isOn(hours: Hours, hour: number): boolean {
  const since = hour - hours.first;
  return since >= 0 && (hours.daily ? since % 24 : since) < hours.length;
}

/** The number of these hours. */
export function hoursOn(hours: Hours): number {
  let count = 0;
  for (let hour = 0; hour < SAMPLE_HOURS; hour++) if (isOn(hours, hour)) count++;
  return count;
}
