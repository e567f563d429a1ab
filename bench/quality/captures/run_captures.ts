import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { timestampFromMs } from '../../../src/core/kql/timestamp.ts';
import { type Capture, knownCaptures, type LabelledPair } from './capture.ts';
import { convert } from './conversion.ts';
import { CAPTURE_DETECTORS, type CaptureDetection, type CaptureDetector, scoreCapture } from './score_capture.ts';

/** What one detector finds in one capture: a line of the output. */
export interface CaptureResult {
  readonly capture: string;
  readonly detector: CaptureDetector;
  readonly now: string;
  readonly labelled: number;
  readonly found: number;
  /** Of each labelled pair its place in the detector's order; null: not found. */
  readonly ranks: readonly (number | null)[];
  readonly detections: number;
  /** Detections of no labelled pair. */
  readonly others: number;
  /** Those of them that are malicious, but no beacon. */
  readonly others_malicious: number;
}

export interface CaptureRun {
  readonly results: readonly CaptureResult[];
  /** Captures that are not in the folder. */
  readonly skipped: readonly string[];
}

/** A file that is another one than the labels are of, or no file at all. The message names it. */
export class WrongCapture extends Error {}

/** Scores the captures that lie in the folder, one folder for each. Throws WrongCapture. */
export function runCaptures(folder: string, captures: readonly Capture[] = knownCaptures()): CaptureRun {
  const results: CaptureResult[] = [];
  const skipped: string[] = [];
  for (const capture of captures) {
    const path = join(folder, capture.name, basename(capture.path));
    if (!existsSync(path)) {
      skipped.push(capture.name);
      continue;
    }
    const bytes = readFileSync(path);
    verify(capture, path, bytes);
    const { connections, rows, groups, reports } = convert(capture, bytes);
    const { check } = capture;
    if (rows !== check.rows_kept || groups !== check.groups || reports !== check.reports) {
      const wanted = `${check.rows_kept} rows, ${check.groups} groups, ${check.reports} reports`;
      throw new WrongCapture(`${path}: ${rows} rows, ${groups} groups, ${reports} reports; expected ${wanted}`);
    }
    const scored = scoreCapture(connections, timestampFromMs(Date.parse(capture.convert.now)));
    for (const detector of CAPTURE_DETECTORS) results.push(captureResult(capture, detector, scored[detector]));
  }
  const [first] = captures;
  if (results.length === 0 && first !== undefined) {
    const example = join(folder, first.name, basename(first.path));
    throw new WrongCapture(`no capture in ${folder}: the first is looked for as ${example} (docs/quality.md)`);
  }
  return { results, skipped };
}

function verify({ name, sha256 }: Capture, path: string, bytes: Buffer): void {
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256) {
    throw new WrongCapture(`${path}: SHA-256 ${found}, but the labels of "${name}" are of ${sha256}: fetch it again`);
  }
}

/** Exported for tests. */
export function captureResult(
  {
    name,
    convert: { now },
    positives,
    malicious_but_not_c2,
  }: Pick<Capture, 'name' | 'convert' | 'positives' | 'malicious_but_not_c2'>,
  detector: CaptureDetector,
  detections: readonly CaptureDetection[],
): CaptureResult {
  const ranks = positives.map((pair) => {
    const at = detections.findIndex((detection) => isOf(detection, pair));
    return at === -1 ? null : at + 1;
  });
  const others = detections.filter((detection) => !positives.some((pair) => isOf(detection, pair)));
  return {
    ...{ capture: name, detector, now, labelled: positives.length },
    found: ranks.filter((rank) => rank !== null).length,
    ...{ ranks, detections: detections.length, others: others.length },
    others_malicious: others.filter((each) => malicious_but_not_c2.some((pair) => isOf(each, pair))).length,
  };
}

function isOf({ DeviceName, addresses }: CaptureDetection, { source, destination }: LabelledPair): boolean {
  return DeviceName === source && addresses.includes(destination);
}
