import { Presets, SingleBar } from 'cli-progress';
import type { Work } from './progress.ts';

/** A bar for work that is measured in `unit`. */
export function barOn(stream: NodeJS.WritableStream, { activity, unit }: Pick<Work, 'activity' | 'unit'>): SingleBar {
  const format = `${activity} {bar} {percentage}% | {value}/{total} ${unit} | {eta_formatted}`;
  return new SingleBar({ format, stream, hideCursor: true, clearOnComplete: true, etaBuffer: 100 }, Presets.rect);
}
