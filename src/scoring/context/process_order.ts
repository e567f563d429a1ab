import { type GroupKey, SOURCES } from '../../core/records/report.ts';
import { deviceHashOf } from '../../core/regularity/device_hash.ts';
import { SOURCES_OF_DEVICE } from '../../core/regularity/hour_table.ts';
import { compareText } from '../../core/text/compare_text.ts';

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

/** The order of the streams that the process view merges: 0 for one process on one device. */
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
