import { createInterface } from 'node:readline';
import { say, type Terminal } from '../terminal.ts';

/** Asks a question on standard error. Only `y` or `yes` is a yes; the end of standard input is a no. */
export async function confirm(terminal: Pick<Terminal, 'stdin' | 'stderr'>, question: string): Promise<boolean> {
  say(terminal, `${question} [y/N]`);
  for await (const line of createInterface({ input: terminal.stdin })) return /^y(es)?$/i.test(line.trim());
  return false;
}
