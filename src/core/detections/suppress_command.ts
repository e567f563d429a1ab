import type { Suppressible } from './suppression.ts';

/** The command that hides one group, ready to be typed but for the reason. */
export interface SuppressCommand {
  readonly command: string;
  /** Options that are not in it: without them it hides more than the one group. */
  readonly leftOut: readonly LeftOut[];
}

export interface LeftOut {
  readonly option: string;
  /** The telemetry names nothing there, which no entry can ask for; or the name could act on a shell. */
  readonly because: 'no-name' | 'could-act';
}

/**
 * Letters, digits and marks that no shell takes for more than themselves: neither within single quotes, as sh and
 * PowerShell have them, nor in cmd, which knows none. PowerShell also takes `‘’‚‛` for quotes, cmd `&` and `%` for more.
 */
const PLAIN = /^[\p{L}\p{N}._:@+=, -]+$/u;
const BARE = /^[A-Za-z0-9._:@+=,-]+$/;

/** The names of a detection are what an attacker made them, and somebody will paste this. */
export function suppressCommand(one: Suppressible): SuppressCommand {
  const values = { device: one.DeviceName, process: one.InitiatingProcessFileName, remote: one.RemoteIP };
  const named = Object.entries(values);
  const options = named.filter(([, value]) => PLAIN.test(value)).map(([name, value]) => ` --${name}=${quoted(value)}`);
  const leftOut = named
    .filter(([, value]) => !PLAIN.test(value))
    .map(([option, value]) => ({ option, because: value === '' ? ('no-name' as const) : ('could-act' as const) }));
  return { command: `suppress add${options.join('')} --reason='why'`, leftOut };
}

function quoted(value: string): string {
  return BARE.test(value) ? value : `'${value}'`;
}
