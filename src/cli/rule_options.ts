import { escapeForDisplay } from '../core/text/escape.ts';
import { UsageError } from './errors.ts';

/** Gathers an option that may be given more than once. */
export function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

/** What `--set NAME=VALUE` says, of the settings that are known. Throws a UsageError. */
export function settingsSet(pairs: readonly string[], known: object): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const pair of pairs) {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(pair) ?? [];
    if (!Object.hasOwn(known, name)) {
      throw new UsageError(
        `--set wants NAME=VALUE with one of ${Object.keys(known).join(', ')}, got "${escapeForDisplay(pair)}"`,
      );
    }
    settings[name] = value;
  }
  return settings;
}
