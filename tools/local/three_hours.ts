import { CommandError } from '../../src/cli/errors.ts';
import { minute } from '../../src/cli/output/number_text.ts';
import { SEVERITIES } from '../../src/core/detections/detection.ts';
import { HOUR_MS } from '../../src/core/kql/timespan.ts';
import { addMs, type Timestamp } from '../../src/core/kql/timestamp.ts';
import { escapeForDisplay } from '../../src/core/text/escape.ts';
import { counted, groupedText } from '../../src/core/text/numbers.ts';
import { shiftClock } from './clock.ts';
import type { Log } from './keep.ts';
import type { DetectionView } from './outcome.ts';
import type { LocalSystem } from './system.ts';

/** What each of the hours in a row is for. */
const STAGES = [
  'the first run leaves a context for the next',
  'the second run opens what it finds',
  'the third run decides, ends the baseline and notifies',
] as const;

/**
 * Scores three hours in a row, the last of them up to `asOf`: a detection takes its severity in the run after its opening, and
 * that run needs the context of the one before. Moves the clock of this process back, and to the hour of each run.
 */
export async function scoreThreeHours(system: LocalSystem, asOf: Timestamp, progress: Log): Promise<void> {
  shiftClock(-STAGES.length * HOUR_MS);
  for (const [index, stage] of STAGES.entries()) {
    shiftClock(HOUR_MS);
    const end = addMs(asOf, (index - STAGES.length + 1) * HOUR_MS);
    const fired = await system.fire('scoreWindows');
    if (fired['asOf'] !== end)
      throw new CommandError(`the timer scored the window up to ${fired['asOf']} instead of ${end}`);
    await system.drained('score');
    await system.drained('notify');
    progress(`up to ${minute(end)} UTC: ${stage}; ${groupedText(system.received.verified)} notifications received`);
  }
}

/** The detections that a sink of all severities has received after the last run. */
export function notifiedOf(detections: readonly DetectionView[], isBaseline: boolean): readonly DetectionView[] {
  return isBaseline ? [] : detections.filter(({ state, decision }) => state !== 'resolved' && decision.isDecided);
}

/** What was sent, and what was not yet, as a paragraph. */
export function sentText(detections: readonly DetectionView[], isBaseline: boolean): string {
  if (isBaseline) return 'Nothing was notified: the files are shorter than the baseline of 24 hours.\n';
  const sent = notifiedOf(detections, isBaseline);
  const bySeverity = SEVERITIES.toReversed()
    .map((severity) => `${groupedText(sent.filter((each) => each.severity === severity).length)} ${severity}`)
    .join(', ');
  const alone = sent.filter(({ assessments }) => assessments['kql-rule'] === null).length;
  const waiting = detections.filter(({ state, decision }) => state !== 'resolved' && !decision.isDecided).length;
  return (
    `Notified: ${counted(sent.length, 'detection')}: ${bySeverity}. By regularity alone: ${groupedText(alone)}. ` +
    'Sinks receive medium and high by default; the sink of this run receives all.\n' +
    (waiting === 0 ? '' : `Not decided yet: ${counted(waiting, 'detection')}, by the next run.\n`)
  );
}

/** What the chat of this run received, which takes the severities that a sink takes by default. The end of the baseline is one digest. */
export function chatText(messages: readonly string[]): string {
  const [first] = messages;
  if (first === undefined) return '';
  const beginning = escapeForDisplay(first.split('\n')[0] ?? '', 300);
  return `A chat received ${counted(messages.length, 'message')}: ${beginning}\n`;
}
