import { counted, groupedText } from '../core/text/numbers.ts';
import type { HealthFacts } from './health_facts.ts';

/** The facts as a person reads them, a line each: of the command and of the page. */
export function healthFacts({
  unavailable,
  lastRun,
  unread,
  deadLetters,
  unknownShapes,
  notifications,
  queues,
}: HealthFacts): readonly { readonly name: string; readonly text: string }[] {
  const oldest = counted(Math.round((unread?.oldestMs ?? 0) / 60_000), 'minute');
  const sinks = Object.entries(notifications ?? {}).map(
    ([name, { pending, failed }]) => `${name} ${groupedText(pending)} pending, ${groupedText(failed)} failed`,
  );
  const filled = Object.entries(queues ?? {}).filter(([, length]) => length > 0);
  const run =
    lastRun === null ? 'none' : `window to ${minute(lastRun.asOf)} UTC, ${lastRun.partitions} of 16 partitions`;
  const exports = unread?.exports ?? 0;
  const letters = deadLetters ?? 0;
  return [
    fact('last run', unavailable.includes('runs') ? null : run),
    fact('unread', unread && `${counted(exports, 'export')}${exports === 0 ? '' : `, the oldest for ${oldest}`}`),
    fact(
      'dead letters',
      deadLetters === null
        ? null
        : `${groupedText(letters)}${letters === 0 ? '' : ' (beaconwatch dead-letters lists them)'}`,
    ),
    fact('unknown shape', unknownShapes === null ? null : counted(unknownShapes, 'record')),
    fact('notifications', notifications && (sinks.join('; ') || 'no sinks')),
    fact('queues', queues && (filled.map(([name, length]) => `${name} ${groupedText(length)}`).join(', ') || 'empty')),
  ];
}

/** null: its section has no answer. */
function fact(name: string, text: string | null): { readonly name: string; readonly text: string } {
  return { name, text: text ?? 'unknown' };
}

/** `2026-11-20 12:00` */
function minute(timestamp: string): string {
  return `${timestamp.slice(0, 10)} ${timestamp.slice(11, 16)}`;
}
