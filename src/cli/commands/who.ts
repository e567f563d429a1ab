import { userInfo } from 'node:os';
import { UsageError } from '../errors.ts';

/** The user of this machine, where the option names nobody. Throws a UsageError where the machine knows no name either. */
export function whoOf(option: string, named: string | undefined): string {
  if (named !== undefined) return named;
  const { USER, USERNAME } = process.env;
  const name = USER ?? USERNAME ?? userName();
  if (name) return name;
  throw new UsageError(`${option} is needed: this machine has no name for its user`);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // In a container the user may have a number only.
    return '';
  }
}
