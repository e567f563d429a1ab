import { type GroupKey, SOURCES } from '../../core/records/report.ts';
import { deviceHashOf } from '../../core/regularity/device_hash.ts';
import { SOURCES_OF_DEVICE } from '../../core/regularity/hour_table.ts';
import type { TimedCount } from '../../core/regularity/timed_count.ts';
import { compareText } from '../../core/text/compare_text.ts';

/** What the process view needs of one group: one address of a process on a device. */
export interface ProcessGroup extends GroupKey {
  /** The hash of its process and network. */
  readonly pair: number;
  /** Whether the group matches on its own. */
  readonly matchesByItself: boolean;
  readonly counts: readonly TimedCount[];
  /** Its place in the order of the streams. */
  readonly order: ProcessOrder;
}

/** A process on a device, whatever its addresses. */
export type ProcessKey = Omit<GroupKey, 'RemoteIP'>;

/** Orders processes of devices by hashes: numbers sort faster than names. */
export interface ProcessOrder {
  readonly device: number;
  readonly process: number;
}

export function processOrderOf({ source, DeviceName, InitiatingProcessFileName }: ProcessKey): ProcessOrder {
  const device = deviceHashOf(DeviceName) * SOURCES_OF_DEVICE + SOURCES.indexOf(source);
  return { device, process: deviceHashOf(InitiatingProcessFileName) };
}

/** The order of the streams that the process view merges: 0 for two addresses of one process on a device. */
export function compareProcesses(
  a: ProcessKey & { order: ProcessOrder },
  b: ProcessKey & { order: ProcessOrder },
): number {
  return (
    a.order.device - b.order.device ||
    compareText(a.DeviceName, b.DeviceName) ||
    a.order.process - b.order.process ||
    compareText(a.InitiatingProcessFileName, b.InitiatingProcessFileName)
  );
}
