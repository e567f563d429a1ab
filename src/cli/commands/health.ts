import { msOf } from '../../core/kql/timestamp.ts';
import { escapeForDisplay, escapeJson } from '../../core/text/escape.ts';
import { counted } from '../../core/text/numbers.ts';
import type { Health } from '../../operations/health.ts';
import { healthFacts } from '../../operations/health_facts_text.ts';
import { CommandError } from '../errors.ts';
import { timeOf } from '../instant.ts';
import type { Terminal } from '../terminal.ts';
import { connect } from './connect.ts';

interface HealthOptions {
  readonly format: 'table' | 'json';
  readonly now?: string;
}

/** `health`: reports problems. Throws a CommandError if there is one, so that a script can test the exit code. */
export async function healthCommand(terminal: Terminal, { format, now }: HealthOptions): Promise<void> {
  const at = now === undefined ? undefined : msOf(timeOf('--now', now));
  const health = await connect(terminal, at === undefined ? {} : { clock: () => at }).health();
  terminal.stdout.write(format === 'json' ? `${escapeJson(JSON.stringify(health))}\n` : healthText(health));
  const { problems } = health;
  if (problems.length > 0) throw new CommandError(`${counted(problems.length, 'problem')}: attention needed`);
}

function healthText(health: Health): string {
  return [
    ...healthFacts(health).map(({ name, text }) => `${name.padEnd(13)} ${text}\n`),
    ...health.problems.map((problem) => `! ${escapeForDisplay(problem, 1000)}\n`),
  ].join('');
}
