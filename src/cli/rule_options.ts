import { escapeForDisplay } from '../core/text/escape.ts';
import { UsageError } from './errors.ts';

/** Collects the values of a repeatable option. */
export function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

/** The settings of `--set NAME=VALUE` by name; the last value of a name counts. Throws a UsageError for other names. */
export function settingsSet(pairs: readonly string[], known: readonly string[]): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const pair of pairs) {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(pair) ?? [];
    if (!known.includes(name)) {
      throw new UsageError(`--set must be NAME=VALUE with one of ${known.join(', ')}, got "${escapeForDisplay(pair)}"`);
    }
    settings[name] = value;
  }
  return settings;
}
