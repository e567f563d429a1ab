import * as z from 'zod';
import { type Env, parseValues, SettingsError } from '../settings.ts';
import { type Links, linksSchema } from './links.ts';
import { type SinkSettings, sinkSchema } from './settings.ts';

/**
 * Reads `SINKS`, a JSON array. A value `{"setting":"NAME"}` stands for the setting of that name, so that each secret can
 * be a Key Vault reference of its own. Throws a SettingsError; what a secret holds is never in it.
 */
export function readSinks(env: Env): SinkSettings[] {
  const text = env['SINKS'];
  if (text === undefined) return [];
  const unresolved: string[] = [];
  let given: unknown;
  try {
    given = JSON.parse(text, (_key, value: unknown) => resolved(value, env, unresolved));
  } catch {
    throw new SettingsError(['SINKS must be a JSON array of sinks']);
  }
  if (unresolved.length > 0) throw new SettingsError(unresolved);
  const { SINKS } = parseValues(schema, { SINKS: given });
  return SINKS;
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

const schema = z.object({ SINKS: z.array(sinkSchema).superRefine(eachNameOnce) });

function eachNameOnce(sinks: readonly SinkSettings[], context: z.RefinementCtx): void {
  const names = new Set<string>();
  for (const [index, { name }] of sinks.entries()) {
    if (names.has(name))
      context.addIssue({ code: 'custom', path: [index, 'name'], message: 'is taken by another sink' });
    names.add(name);
  }
}

function resolved(value: unknown, env: Env, unresolved: string[]): unknown {
  if (typeof value !== 'object' || value === null || !('setting' in value)) return value;
  const name = String(value.setting);
  const found = env[name];
  if (found === undefined) unresolved.push(faultOfName(name));
  // App Service hands us the reference itself where it cannot follow it; as a token it would pass for a secret.
  else if (found.startsWith('@Microsoft.KeyVault(')) {
    unresolved.push(
      `SINKS names the setting ${name}, whose Key Vault reference was not resolved: is the secret there?`,
    );
  }
  return found;
}

/** What stands where a name belongs can be the secret itself: only what looks like a name is repeated. */
function faultOfName(name: string): string {
  const isName = /^[A-Z][A-Z0-9_]{0,63}$/.test(name);
  return isName
    ? `SINKS names the setting ${name}, which is not set`
    : 'SINKS names a setting that is not set (names are upper-case letters, digits and _)';
}
