import * as z from 'zod';
import { type Rule, SEED_RULE } from './core/rule.ts';

/** All settings of the rule, as environment variables name them. */
export const RULE_SETTINGS = {
  LOOKBACK_DAYS: number(SEED_RULE.lookbackDays, { above: 0, most: 30 }),
  MIN_UNIFORM_PER_DAY: number(SEED_RULE.minUniformPerDay, { least: 0 }),
  MIN_AVERAGE: number(SEED_RULE.minAverage, { least: 0 }),
  ANOMALY_THRESHOLD: number(SEED_RULE.anomalyThreshold, { least: 0 }),
  SERIES_GRAIN: z
    .enum(['hour', 'report'], { error: (issue) => `must be hour or report, got ${quoted(issue.input)}` })
    .default(SEED_RULE.grain),
};

/** Settings that are wrong: all of them at once, each with its name. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  constructor(faults: readonly string[]) {
    super(`Invalid settings:\n${faults.map((fault) => `- ${fault}`).join('\n')}`);
  }
}

/** Reads the rule's settings. Blank means not set. Throws a SettingsError. */
export function readRule(env: Readonly<Record<string, string | undefined>>): Rule {
  const settings = parse(z.object(RULE_SETTINGS), env);
  return {
    lookbackDays: settings.LOOKBACK_DAYS,
    minUniformPerDay: settings.MIN_UNIFORM_PER_DAY,
    minAverage: settings.MIN_AVERAGE,
    anomalyThreshold: settings.ANOMALY_THRESHOLD,
    grain: settings.SERIES_GRAIN,
  };
}

function parse<S extends z.ZodObject>(schema: S, env: Readonly<Record<string, string | undefined>>): z.infer<S> {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new SettingsError(result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`));
}

interface Bounds {
  readonly above?: number;
  readonly least?: number;
  readonly most?: number;
}

/** A number as text within bounds. */
function number(byDefault: number, bounds: Bounds) {
  const wanted = [
    bounds.above === undefined ? '' : ` > ${bounds.above}`,
    bounds.least === undefined ? '' : ` ≥ ${bounds.least}`,
    bounds.most === undefined ? '' : `, at most ${bounds.most}`,
  ].join('');
  return z
    .string()
    .transform((text, context) => {
      const value = Number(text);
      const fits =
        Number.isFinite(value) &&
        value > (bounds.above ?? Number.NEGATIVE_INFINITY) &&
        value >= (bounds.least ?? Number.NEGATIVE_INFINITY) &&
        value <= (bounds.most ?? Number.POSITIVE_INFINITY);
      if (fits) return value;
      context.addIssue({ code: 'custom', message: `must be a number${wanted}, got ${quoted(text)}` });
      return z.NEVER;
    })
    .default(byDefault);
}

function quoted(input: unknown): string {
  return JSON.stringify(input)?.slice(0, 80) ?? 'nothing';
}
