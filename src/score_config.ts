import * as z from 'zod';
import { SOURCES, type Source } from './core/records/report.ts';
import { REGULARITY_THRESHOLDS } from './core/regularity/assessment.ts';
import { manyDevicesOf } from './core/regularity/fleet_limits.ts';
import { KQL_RULE, type Rule } from './core/scoring/rule.ts';
import { DETECTION_SETTINGS, type FleetSettings } from './scoring/detection_settings.ts';
import { type Env, number, numberText, oneOf, parseSettings, quoted } from './settings/read_settings.ts';
import { SettingsError } from './settings/settings_error.ts';

/** The settings of the rule, as environment variables name them. */
export const RULE_SETTINGS = {
  LOOKBACK_DAYS: number(KQL_RULE.lookbackDays, { above: 0, most: 30 }),
  MIN_UNIFORM_PER_DAY: number(KQL_RULE.minUniformPerDay, { least: 0 }),
  MIN_AVERAGE: number(KQL_RULE.minAverage, { least: 0 }),
  ANOMALY_THRESHOLD: number(KQL_RULE.anomalyThreshold, { least: 0 }),
  SERIES_GRAIN: oneOf(['hour', 'report']).default(KQL_RULE.grain),
};

/** The settings of the detector `regularity` that files have a use for. */
const REGULARITY_SETTINGS = {
  /** Score from which on it matches, and from which on it raises the severity at once. */
  REGULARITY_THRESHOLD: number(REGULARITY_THRESHOLDS.match, { above: 0, most: 1 }),
  REGULARITY_RIPE: number(REGULARITY_THRESHOLDS.ripe, { above: 0, most: 1 }),
  /** Devices that are few; by default as the size of the fleet says. */
  RARE_DEVICES: numberText({ least: 1, most: manyDevicesOf(0), whole: true }).optional(),
  NEW_DAYS: number(DETECTION_SETTINGS.newDays, { least: 1, most: 30 }),
};

/** The settings of an offline run: the detectors and the sources. */
export const SCORE_SETTINGS = {
  ...RULE_SETTINGS,
  SOURCES: z.string().default('defender').transform(sources),
  ...REGULARITY_SETTINGS,
};

/** What an offline run reads from the settings. */
export interface OfflineSettings {
  readonly rule: Rule;
  /** The active sources, each once. */
  readonly sources: readonly Source[];
  readonly regularity: FleetSettings;
}

/** Reads the settings of an offline run. Throws a SettingsError. */
export function readScoreSettings(env: Env): OfflineSettings {
  const settings = parseSettings(z.object(SCORE_SETTINGS), env);
  const faults = ripeFaults(settings);
  if (faults.length > 0) throw new SettingsError(faults);
  return { rule: ruleOf(settings), sources: settings.SOURCES, regularity: fleetSettingsOf(settings) };
}

type RuleSettings = { [K in keyof typeof RULE_SETTINGS]: z.infer<(typeof RULE_SETTINGS)[K]> };

export function ruleOf(settings: RuleSettings): Rule {
  return {
    lookbackDays: settings.LOOKBACK_DAYS,
    minUniformPerDay: settings.MIN_UNIFORM_PER_DAY,
    minAverage: settings.MIN_AVERAGE,
    anomalyThreshold: settings.ANOMALY_THRESHOLD,
    grain: settings.SERIES_GRAIN,
  };
}

type RegularitySettings = Pick<z.infer<z.ZodObject<typeof SCORE_SETTINGS>>, keyof typeof REGULARITY_SETTINGS>;
export function fleetSettingsOf(settings: RegularitySettings): FleetSettings {
  return {
    thresholds: { match: settings.REGULARITY_THRESHOLD, ripe: settings.REGULARITY_RIPE },
    rareDevices: settings.RARE_DEVICES ?? null,
    newDays: settings.NEW_DAYS,
  };
}

export function ripeFaults({ REGULARITY_RIPE: ripe, REGULARITY_THRESHOLD: match }: RegularitySettings): string[] {
  return ripe < match ? [`REGULARITY_RIPE must be at least REGULARITY_THRESHOLD (${match}), got ${ripe}`] : [];
}

/** A comma-separated list of sources. */
function sources(text: string, context: z.RefinementCtx): Source[] {
  return namesOf(text, SOURCES, 'source', context);
}

export function namesOf<T extends string>(text: string, all: readonly T[], one: string, context: z.RefinementCtx): T[] {
  const names = listOf(text);
  const known = names.filter((name): name is T => all.some((each) => each === name));
  for (const name of names) {
    if (known.some((each) => each === name)) continue;
    const message = `must be a comma-separated list of ${all.join(', ')}, got ${quoted(name)}`;
    context.addIssue({ code: 'custom', message });
  }
  if (names.length === 0) context.addIssue({ code: 'custom', message: `must name at least one ${one}` });
  return known;
}

/** The items of a comma-separated list, each once. */
export function listOf(text: string): string[] {
  const parts = text.split(',').map((part) => part.trim());
  return [...new Set(parts.filter((part) => part !== ''))];
}
