/** The names of the settings of the rule. `--help` lists them, and need not load what reads them. */
export const RULE_SETTING_NAMES = [
  'LOOKBACK_DAYS',
  'MIN_UNIFORM_PER_DAY',
  'MIN_AVERAGE',
  'ANOMALY_THRESHOLD',
  'SERIES_GRAIN',
] as const;

/** The names of the settings of the second detector and of the fleet. */
export const REGULARITY_SETTING_NAMES = [
  'REGULARITY_THRESHOLD',
  'REGULARITY_RIPE',
  'RARE_DEVICES',
  'NEW_DAYS',
] as const;

/** The names of the settings of an offline run, in the order of `SCORE_SETTINGS`. */
export const SCORE_SETTING_NAMES = [...RULE_SETTING_NAMES, 'SOURCES', ...REGULARITY_SETTING_NAMES] as const;
