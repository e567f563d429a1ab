import { table } from '../page/text.ts';
import type { CaptureRun } from './run_captures.ts';
import { CAPTURE_DETECTORS } from './score_capture.ts';

/** One line of JSON for each capture and detector, and a last one that sums up. */
export function captureLines({ results, skipped }: CaptureRun): string {
  const sums = CAPTURE_DETECTORS.map((detector) => {
    const ofDetector = results.filter((each) => each.detector === detector);
    const sum = (name: 'found' | 'labelled' | 'others') => ofDetector.reduce((total, each) => total + each[name], 0);
    return [detector, { found: sum('found'), labelled: sum('labelled'), others: sum('others') }];
  });
  const last = { summary: Object.fromEntries(sums), skipped };
  return [...results, last].map((line) => JSON.stringify(line)).join('\n');
}

/** The same as a table for people: the rank of each labelled pair, and the number of other detections. */
export function captureTable({ results, skipped }: CaptureRun): string {
  const rows = results.map(({ capture, detector, labelled, found, ranks, others, others_malicious: malicious }) => [
    capture,
    detector,
    labelled === 0
      ? 'nothing labelled'
      : `${found} of ${labelled}, rank ${ranks.map((rank) => rank ?? 'none').join(', ')}`,
    `${others}${malicious > 0 ? ` (${malicious} malicious, no beacon)` : ''}`,
  ]);
  const note = skipped.length > 0 ? `\nskipped, since they are not in the folder: ${skipped.join(', ')}` : '';
  return `${table(['capture', 'detector', 'found', 'other detections'], rows)}${note}`;
}
