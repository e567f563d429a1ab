import * as z from 'zod';
import { decimalOf } from '../core/text/decimal.ts';
import { SettingsError } from './settings_error.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** Reads settings by a schema, all faults at once. Blank means not set. Throws a SettingsError. */
export function parseSettings<S extends z.ZodType>(schema: S, env: Env): z.infer<S> {
  return parseValues(schema, setOnly(env));
}

/** The same for values that are not text, at a place within the settings. */
export function parseValues<S extends z.ZodType>(
  schema: S,
  values: unknown,
  place: readonly PropertyKey[] = [],
): z.infer<S> {
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  throw new SettingsError(
    result.error.issues.map((issue) => `${pathOf([...place, ...issue.path])} ${messageOf(issue)}`),
  );
}

/** The settings that are set; blank ones are not. */
export function setOnly(env: Env): Record<string, string> {
  const entries = Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== '');
  return Object.fromEntries(entries) as Record<string, string>;
}

/** Does not name an unknown member: its name may be a misplaced secret. */
function messageOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'unrecognized_keys' ? 'has unknown members' : issue.message;
}

/** `SINKS[1].url` */
function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('');
}

interface Bounds {
  readonly above?: number;
  readonly least?: number;
  readonly most?: number;
  /** Whether it must be a whole number. */
  readonly whole?: boolean;
}

/** A number as text, in decimal notation, within bounds. */
export function number(byDefault: number, bounds: Bounds) {
  return numberText(bounds).default(byDefault);
}

/** The same without a default. */
export function numberText({ above = -Infinity, least = -Infinity, most = Infinity, whole = false }: Bounds) {
  const wanted = [
    above === -Infinity ? '' : ` > ${above}`,
    least === -Infinity ? '' : ` ≥ ${least}`,
    most === Infinity ? '' : `, at most ${most}`,
  ].join('');
  return z.string().transform((text, context) => {
    const value = decimalOf(text.trim());
    const isWithinBounds = value !== null && value > above && value >= least && value <= most;
    if (isWithinBounds && (!whole || Number.isInteger(value))) return value;
    const kind = whole ? 'a whole number' : 'a number';
    context.addIssue({ code: 'custom', message: `must be ${kind}${wanted}, got ${quoted(text)}` });
    return z.NEVER;
  });
}

/** One of several words. */
export function oneOf<const W extends readonly [string, ...string[]]>(words: W) {
  return z.enum(words, { error: (issue) => `must be ${words.join(' or ')}, got ${quoted(issue.input)}` });
}

export function quoted(input: unknown): string {
  return JSON.stringify(input)?.slice(0, 80) ?? 'nothing';
}
