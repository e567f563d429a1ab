import { CommandError } from '../../src/cli/errors.ts';
import { type InputFile, inputFiles } from '../../src/cli/input_files.ts';
import { tomorrow } from '../../src/cli/instant.ts';
import { adviceOnSources } from '../../src/cli/source_advice.ts';
import { bin } from '../../src/core/kql/bin.ts';
import { addMs, type Timestamp, timestampFromMs } from '../../src/core/kql/timestamp.ts';
import type { Source } from '../../src/core/records/report.ts';
import { windowOf } from '../../src/core/scoring/window.ts';
import { counted } from '../../src/core/text/counted.ts';
import { formatsOf } from '../../src/reading/formats.ts';
import { OfflineScore } from '../../src/scoring/offline_scorer.ts';
import { CONTAINER } from '../sample/exports.ts';
import { planTenant, type SeededBeacon } from '../sample/plan.ts';
import { SAMPLE_HOURS } from '../sample/span.ts';
import { folderUploads, sampleUploads, type Upload, uploadBytesOf, uploadPlaceOf } from './uploads.ts';

/** What a local run is about. */
export interface Inputs {
  readonly what: string;
  /** How many there are, about. */
  readonly exports: number;
  /** Never empty. */
  readonly containers: readonly string[];
  readonly uploads: Iterable<Upload>;
  /** Files that could not be read to their end, said as they are met. */
  readonly troubles: readonly string[];
  /** End of the window: a full hour. */
  readonly asOf: Timestamp;
  /** What is known to be in it; null where nothing is. */
  readonly plants: readonly SeededBeacon[] | null;
}

/** The sample's size is that of one planting: enough to see all of it, and read in seconds. */
export const SAMPLE = { devices: 20, seed: 1 };

const HOUR_MS = 3_600_000;

/** The sample tenant, up to the full hour at or before `until` (ms since the epoch). */
export function sampleInputs(until: number): Inputs {
  const plan = planTenant({ ...SAMPLE, end: until });
  return {
    what: `the sample: ${SAMPLE.devices} devices over three days, made up`,
    exports: SAMPLE_HOURS,
    containers: [CONTAINER],
    uploads: sampleUploads(plan),
    troubles: [],
    asOf: timestampFromMs(plan.end),
    plants: plan.plants,
  };
}

/**
 * The files of a folder. Without `now` the window ends at the first full hour at or after the newest report, for which
 * the files are read once before anything else. Throws a CommandError where there is nothing to upload.
 */
export async function folderInputs(folder: string, now: Timestamp | null, sources: readonly Source[]): Promise<Inputs> {
  const { files } = await inputFiles([folder]);
  if (files.length === 0)
    throw new CommandError(`${folder}: no files in it (names that begin with _ or . do not count)`);
  const troubles: string[] = [];
  const newest = now ?? (await newestReport(files, sources));
  if (newest === '') {
    const none = `${folder}: no report in its files that is not more than a day ahead of the clock`;
    const advice = await adviceOnSources(files, sources);
    throw new CommandError(advice === null ? none : `${none}\n${advice}`);
  }
  return {
    what: `${counted(files.length, 'file')} of ${folder}`,
    exports: files.length,
    containers: [...new Set(files.map(({ path }) => uploadPlaceOf(folder, path).container))],
    uploads: folderUploads(folder, files, troubles),
    troubles,
    asOf: now === null ? fullHourAfter(newest) : bin(newest, '1h'),
    plants: null,
  };
}

async function newestReport(files: readonly InputFile[], sources: readonly Source[]): Promise<Timestamp | ''> {
  // No window that anything could lie in: the counts are not asked for.
  const offline = new OfflineScore(windowOf(timestampFromMs(0), 1), formatsOf(sources), () => {}, tomorrow());
  for (const file of files) {
    // What cannot be read is named when it is uploaded.
    await offline.read({ container: '', name: file.path }, uploadBytesOf(file, []));
  }
  return offline.newest;
}

function fullHourAfter(newest: Timestamp): Timestamp {
  const hour = bin(newest, '1h');
  return newest === hour ? hour : addMs(hour, HOUR_MS);
}
