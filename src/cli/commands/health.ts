import { msOf } from '../../core/kql/timestamp.ts';
import { counted } from '../../core/text/counted.ts';
import { escapeForDisplay, escapeJson } from '../../core/text/escape.ts';
import { CommandError } from '../errors.ts';
import { instantOf } from '../instant.ts';
import { connect } from './connect.ts';

/** `health`: what is stuck, and why. Fails where something wants attention, so that a script can ask. */
export async function healthCommand({
  format,
  now,
}: {
  readonly format: string;
  readonly now?: string;
}): Promise<void> {
  const at = now === undefined ? undefined : msOf(instantOf('--now', now));
  const found = await connect(at === undefined ? {} : { clock: () => at }).health();
  if (format === 'json') {
    process.stdout.write(`${escapeJson(JSON.stringify(found))}\n`);
  } else {
    const { lastRun, unread, deadLetters, notifications, queues } = found;
    const run =
      lastRun === null ? 'none' : `window to ${lastRun.asOf.slice(0, 16)}Z, ${lastRun.partitions} of 16 partitions`;
    const waiting = Object.entries(queues)
      .filter(([, length]) => length > 0)
      .map(([name, length]) => `${name} ${length}`);
    const told = Object.entries(notifications).map(
      ([name, { pending, failed }]) => `${name} ${pending} pending, ${failed} failed`,
    );
    process.stdout.write(
      `last run      ${run}\n` +
        `unread        ${unread.exports} exports, the oldest for ${Math.round(unread.oldestMs / 60_000)} minutes\n` +
        `dead letters  ${deadLetters}${deadLetters > 0 ? ' (beaconwatch dead-letters shows them)' : ''}\n` +
        `notifications ${told.join('; ') || 'no sinks'}\n` +
        `queues        ${waiting.join(', ') || 'nothing waits'}\n`,
    );
    for (const problem of found.problems) process.stdout.write(`! ${escapeForDisplay(problem, 1000)}\n`);
  }
  if (found.problems.length > 0) {
    const want = found.problems.length === 1 ? 'wants' : 'want';
    throw new CommandError(`${counted(found.problems.length, 'thing')} ${want} attention`);
  }
}
