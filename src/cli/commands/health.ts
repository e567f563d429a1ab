import { msOf } from '../../core/kql/timestamp.ts';
import { escapeForDisplay, escapeJson } from '../../core/text/escape.ts';
import { counted, groupedText } from '../../core/text/numbers.ts';
import type { Health } from '../../operations/health.ts';
import { CommandError } from '../errors.ts';
import { timeOf } from '../instant.ts';
import { minute } from '../output/number_text.ts';
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

function healthText({
  problems,
  unavailable,
  lastRun,
  unread,
  deadLetters,
  unknownShapes,
  notifications,
  queues,
}: Health): string {
  const oldest = counted(Math.round((unread?.oldestMs ?? 0) / 60_000), 'minute');
  const sinks = Object.entries(notifications ?? {}).map(
    ([name, { pending, failed }]) => `${name} ${groupedText(pending)} pending, ${groupedText(failed)} failed`,
  );
  const filled = Object.entries(queues ?? {}).filter(([, length]) => length > 0);
  const run =
    lastRun === null ? 'none' : `window to ${minute(lastRun.asOf)} UTC, ${lastRun.partitions} of 16 partitions`;
  const exports = unread?.exports ?? 0;
  const letters = deadLetters ?? 0;
  const lines = [
    ['last run', unavailable.includes('runs') ? UNKNOWN : run],
    [
      'unread',
      unread === null ? UNKNOWN : `${counted(exports, 'export')}${exports === 0 ? '' : `, the oldest for ${oldest}`}`,
    ],
    [
      'dead letters',
      deadLetters === null
        ? UNKNOWN
        : `${groupedText(letters)}${letters === 0 ? '' : ' (beaconwatch dead-letters lists them)'}`,
    ],
    ['unknown shape', unknownShapes === null ? UNKNOWN : counted(unknownShapes, 'record')],
    ['notifications', notifications === null ? UNKNOWN : sinks.join('; ') || 'no sinks'],
    [
      'queues',
      queues === null
        ? UNKNOWN
        : filled.map(([name, length]) => `${name} ${groupedText(length)}`).join(', ') || 'empty',
    ],
  ] as const;
  return [
    ...lines.map(([label, text]) => `${label.padEnd(13)} ${text}\n`),
    ...problems.map((problem) => `! ${escapeForDisplay(problem, 1000)}\n`),
  ].join('');
}

const UNKNOWN = 'unknown';
