import * as z from 'zod';
import { type Env, parseValues } from '../../settings/read_settings.ts';
import { SettingsError } from '../../settings/settings_error.ts';
import { type Links, linksSchema } from './links.ts';
import { type SinkSettings, sinkSchema } from './settings.ts';

/** The sinks of the `SINKS` setting. */
export interface SinksRead {
  /** The valid ones. */
  readonly sinks: readonly SinkSettings[];
  /** The faults of the others, a sentence each, without the value of any secret. */
  readonly faults: readonly string[];
}

/**
 * Reads `SINKS`, a JSON array. A value `{"setting":"NAME"}` stands for the setting of that name, so that each secret can
 * be a Key Vault reference of its own. An invalid sink does not affect the others.
 */
export function readSinks(env: Env): SinksRead {
  const given = arrayOf(env['SINKS'] ?? '[]');
  if (given === null) return { sinks: [], faults: ['SINKS must be a JSON array of sinks'] };
  const sinks: SinkSettings[] = [];
  const faults: string[] = [];
  const names = new Set<unknown>();
  for (const [index, item] of given.entries()) {
    const unresolved: string[] = [];
    const resolvedItem: unknown = JSON.parse(JSON.stringify(item), (_key, value: unknown) =>
      resolved(value, env, unresolved),
    );
    try {
      if (unresolved.length > 0) throw new SettingsError(unresolved);
      const sink = parseValues(sinkSchema, resolvedItem, ['SINKS', index]);
      if (names.has(sink.name)) throw new SettingsError([`SINKS[${index}].name is the name of another sink`]);
      sinks.push(sink);
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      faults.push(...error.faults);
    }
    // The name of an invalid sink counts too: its notifications must not go to another one.
    names.add(nameOf(resolvedItem));
  }
  return { sinks, faults };
}

function arrayOf(text: string): unknown[] | null {
  try {
    const given: unknown = JSON.parse(text);
    return Array.isArray(given) ? given : null;
  } catch {
    return null;
  }
}

function nameOf(item: unknown): unknown {
  return typeof item === 'object' && item !== null && 'name' in item ? item.name : undefined;
}

/** Reads `LINKS`, a JSON object of label to template. Throws a SettingsError. */
export function readLinks(env: Env): Links {
  const text = env['LINKS'];
  if (text === undefined) return {};
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new SettingsError(['LINKS must be a JSON object of label to https URL']);
  }
  return parseValues(z.object({ LINKS: linksSchema }), { LINKS: given }).LINKS;
}

function resolved(value: unknown, env: Env, unresolved: string[]): unknown {
  if (typeof value !== 'object' || value === null || !('setting' in value)) return value;
  // The value can be anything: a name of a setting is a string, and an own property of the environment.
  const name = typeof value.setting === 'string' ? value.setting : '';
  const found = Object.hasOwn(env, name) ? env[name] : undefined;
  if (found === undefined) unresolved.push(faultOfName(name));
  // App Service passes the reference itself where it cannot resolve it; it would be taken for the secret.
  else if (found.startsWith('@Microsoft.KeyVault(')) {
    unresolved.push(
      `SINKS names the setting ${name}, whose Key Vault reference was not resolved: check that the secret exists and that the app may read it`,
    );
  }
  return found;
}

/** A secret can stand in place of the name: the fault repeats only a text that has the form of a name. */
function faultOfName(name: string): string {
  const isName = /^[A-Z][A-Z0-9_]{0,63}$/.test(name);
  return isName
    ? `SINKS names the setting ${name}, which is not set`
    : 'SINKS names a setting that is not set (names are upper-case letters, digits and _)';
}
