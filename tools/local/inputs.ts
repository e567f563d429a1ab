import { CommandError } from '../../src/cli/errors.ts';
import { type InputFile, inputFiles } from '../../src/cli/input_files.ts';
import { tomorrow } from '../../src/cli/instant.ts';
import { adviceOnSources } from '../../src/cli/source_advice.ts';
import { bin } from '../../src/core/kql/bin.ts';
import { HOUR_MS } from '../../src/core/kql/timespan.ts';
import { addMs, type Timestamp, timestampFromMs } from '../../src/core/kql/timestamp.ts';
import type { Source } from '../../src/core/records/report.ts';
import { windowOf } from '../../src/core/scoring/window.ts';
import { counted } from '../../src/core/text/numbers.ts';
import { formatsOf } from '../../src/reading/formats.ts';
import { OfflineScore } from '../../src/scoring/offline_scorer.ts';
import { CONTAINER } from '../sample/exports.ts';
import { planTenant, type SeededBeacon } from '../sample/plan.ts';
import { SAMPLE_HOURS } from '../sample/span.ts';
import { folderUploads, sampleUploads, type Upload, uploadBytesOf, uploadPlaceOf } from './uploads.ts';

/** The exports of a local run. */
export interface Inputs {
  /** A phrase for the progress line. */
  readonly description: string;
  /** Number of exports, about. */
  readonly exports: number;
  /** At least one. */
  readonly containers: readonly string[];
  readonly uploads: Iterable<Upload>;
  /** One message per file that could not be read to its end; filled while `uploads` is read. */
  readonly readErrors: readonly string[];
  /** End of the window: a full hour. */
  readonly asOf: Timestamp;
  /** The seeded beacons of the sample; null for a folder. */
  readonly seededBeacons: readonly SeededBeacon[] | null;
}

/** Every kind of seeded beacon fits, and the exports are read in seconds. */
export const SAMPLE = { devices: 20, seed: 1 };

/** The sample tenant, up to the full hour at or before `until` (ms since the epoch). */
export function sampleInputs(until: number): Inputs {
  const plan = planTenant({ ...SAMPLE, end: until });
  return {
    description: `the sample: ${SAMPLE.devices} synthetic devices over three days`,
    exports: SAMPLE_HOURS,
    containers: [CONTAINER],
    uploads: sampleUploads(plan),
    readErrors: [],
    asOf: timestampFromMs(plan.end),
    seededBeacons: plan.seededBeacons,
  };
}

/**
 * The files of a folder. Without `now`, the window ends at the first full hour at or after the newest report; the files
 * are read once to find it. Throws a CommandError if there is no file, or no report to find.
 */
export async function folderInputs(folder: string, now: Timestamp | null, sources: readonly Source[]): Promise<Inputs> {
  const { files } = inputFiles([folder]);
  if (files.length === 0)
    throw new CommandError(`${folder}: the folder has no file to read (names that begin with _ or . are skipped)`);
  const readErrors: string[] = [];
  const newest = now ?? (await newestReport(files, sources));
  if (newest === '') {
    const none = `${folder}: no report of an active source in its files, or only reports more than a day ahead of the clock`;
    const advice = await adviceOnSources(files, sources);
    throw new CommandError(advice === null ? none : `${none}\n${advice}`);
  }
  return {
    description: `${counted(files.length, 'file')} of ${folder}`,
    exports: files.length,
    containers: [...new Set(files.map(({ path }) => uploadPlaceOf(folder, path).container))],
    uploads: folderUploads(folder, files, readErrors),
    readErrors,
    asOf: now === null ? fullHourAfter(newest) : bin(newest, '1h'),
    seededBeacons: null,
  };
}

async function newestReport(files: readonly InputFile[], sources: readonly Source[]): Promise<Timestamp | ''> {
  // A window without any report: only the newest time is used.
  const offline = new OfflineScore(windowOf(timestampFromMs(0), 1), formatsOf(sources), () => {}, tomorrow());
  for (const file of files) {
    // The upload reports files that cannot be read.
    await offline.read({ container: '', name: file.path }, uploadBytesOf(file, []));
  }
  return offline.newest;
}

function fullHourAfter(newest: Timestamp): Timestamp {
  const hour = bin(newest, '1h');
  return newest === hour ? hour : addMs(hour, HOUR_MS);
}
