import { isAbove } from '../core/detections/severity.ts';
import { compareText } from '../core/text/compare_text.ts';
import { paceOfDetection } from './pace.ts';
import type { PageDetection } from './page_data.ts';

/** A comparator for `sort`, the most urgent first: severity, then the rarest, then the most even. A total order. */
export function byUrgency(a: PageDetection, b: PageDetection): number {
  if (a.severity !== b.severity) return isAbove(a.severity, b.severity) ? -1 : 1;
  return devicesOf(a) - devicesOf(b) || spreadOfDetection(a) - spreadOfDetection(b) || compareText(a.id, b.id);
}

function devicesOf({ devices, regularity }: PageDetection): number {
  return devices ?? regularity?.regularDevices ?? 1;
}

function spreadOfDetection(detection: PageDetection): number {
  return paceOfDetection(detection)?.spread ?? 1;
}
