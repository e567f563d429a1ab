import type { Timestamp } from '../core/kql/timestamp.ts';
import type { Stores } from '../storage/ports/stores.ts';
import { UnreadableFileError } from './context/context_file.ts';
import { readContext } from './context/fleet_context.ts';
import { type ProcessFinding, processViews } from './context/process_views.ts';
import { DETECTION_SETTINGS, type DetectionSettings } from './detection_settings.ts';

/** What the process view of an hour came to. */
export interface ScoredProcesses {
  readonly asOf: Timestamp;
  /** Processes on a device whose addresses together are regular. */
  readonly regularProcesses: number;
  /** Processes of which an address matches by itself. */
  readonly listedProcesses: number;
  /** Partials that could not be read, as a sentence; '' for none. */
  readonly contextFault: string;
}

/**
 * The process view of the runs before `asOf`: one job an hour beside the partitions, which waits for none of them. `onFinding`
 * gets what it finds, in order of source, device and process. Without a context there is nothing to do.
 */
export async function scoreProcesses(
  { context: files }: Pick<Stores, 'context'>,
  asOf: Timestamp,
  { thresholds, rareDevices }: Pick<DetectionSettings, 'thresholds' | 'rareDevices'> = DETECTION_SETTINGS,
  onFinding: (finding: ProcessFinding) => Promise<void> = async () => {},
): Promise<ScoredProcesses> {
  const { context, fault } = await readContext(files, asOf, rareDevices);
  const found = { regular: 0, listed: 0 };
  const faults = fault === '' ? [] : [fault];
  if (context !== null) {
    try {
      for await (const finding of processViews(files, asOf, { context, thresholds }, (each) => faults.push(each))) {
        found[finding.kind]++;
        await onFinding(finding);
      }
    } catch (error) {
      if (!(error instanceof UnreadableFileError)) throw error;
      faults.push(error.message);
    }
  }
  return {
    asOf,
    regularProcesses: found.regular,
    listedProcesses: found.listed,
    contextFault: faults.join('; '),
  };
}
