import type { Counters } from '../storage/ports/export_states.ts';

export const NO_COUNTERS: Counters = {
  lines: 0,
  records: 0,
  reports: 0,
  skipped: 0,
  excluded: 0,
  expired: 0,
  deadLetters: 0,
  unknownShapes: 0,
  overGroupLimit: 0,
};

export function addCounters(a: Counters, b: Counters): Counters {
  return {
    lines: a.lines + b.lines,
    records: a.records + b.records,
    reports: a.reports + b.reports,
    skipped: a.skipped + b.skipped,
    excluded: a.excluded + b.excluded,
    expired: a.expired + b.expired,
    deadLetters: a.deadLetters + b.deadLetters,
    unknownShapes: a.unknownShapes + b.unknownShapes,
    overGroupLimit: a.overGroupLimit + b.overGroupLimit,
  };
}
