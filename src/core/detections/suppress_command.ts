import type { GroupKey } from '../records/report.ts';
import { ANY_REMOTE } from './assessments.ts';

/** The command that suppresses one group; the user adds the reason. */
export interface SuppressCommand {
  readonly command: string;
  /** Options that the command lacks: without them it suppresses more than the one group. */
  readonly omitted: readonly OmittedOption[];
}

export interface OmittedOption {
  readonly option: string;
  /** `no-name`: the telemetry has no name, and an entry cannot ask for that. `unsafe`: the name is not safe in a shell. */
  readonly because: 'no-name' | 'unsafe';
}

/**
 * Characters without a special meaning in any shell: within single quotes in sh and PowerShell, and in cmd, which has no
 * single quotes. PowerShell also reads `‘’‚‛` as quotes; cmd interprets `&` and `%`.
 */
const PLAIN = /^[\p{L}\p{N}._:@+=, -]+$/u;
const BARE = /^[A-Za-z0-9._:@+=,-]+$/;

/**
 * An attacker may have chosen the names, and a person will paste the command into a shell. A process as a whole has no
 * address.
 */
export function suppressCommand(one: Omit<GroupKey, 'source'>): SuppressCommand {
  const values = { device: one.DeviceName, process: one.InitiatingProcessFileName, remote: one.RemoteIP };
  const named = Object.entries(values).filter(([name, value]) => name !== 'remote' || value !== ANY_REMOTE);
  const options = named.filter(([, value]) => PLAIN.test(value)).map(([name, value]) => ` --${name}=${quoted(value)}`);
  const omitted = named
    .filter(([, value]) => !PLAIN.test(value))
    .map(([option, value]) => ({ option, because: value === '' ? ('no-name' as const) : ('unsafe' as const) }));
  return { command: `suppress add${options.join('')} --reason='why'`, omitted };
}

function quoted(value: string): string {
  return BARE.test(value) ? value : `'${value}'`;
}
