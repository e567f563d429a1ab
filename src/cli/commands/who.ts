import { userInfo } from 'node:os';
import { UsageError } from '../errors.ts';
import type { Terminal } from '../terminal.ts';

/** The value of the option, or the user of this machine. Throws a UsageError if neither has a name. */
export function whoOf(option: string, named: string | undefined, env: Terminal['env']): string {
  if (named !== undefined) return named;
  const { USER, USERNAME } = env;
  const name = USER ?? USERNAME ?? userName();
  if (name) return name;
  throw new UsageError(`${option} is required: the user of this machine has no name`);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // In a container, the user may have a number only.
    return '';
  }
}
