import type { CountFiles } from '../../storage/ports/count_files.ts';
import { type CountFile, readFrames } from './count_file.ts';
import { framesFrom, type Part, WHOLE_DAY } from './directory.ts';
import type { FileSizes } from './file_sizes.ts';
import type { GroupHourStream } from './group_hours.ts';
import type { ReplacedHours } from './replaced_hours.ts';

/** Hours of a day, 0 to 23, both included. */
export interface HourSpan {
  readonly first: number;
  readonly last: number;
}

export const ALL_HOURS: HourSpan = { first: 0, last: WHOLE_DAY - 1 };

/** The rows of a file in some hours, without those that are replaced: a stream for each part. */
export function fileStreams(
  files: CountFiles,
  file: CountFile,
  { first, last }: HourSpan,
  replaced: ReplacedHours | null,
  fromGroup: string,
  sizes: FileSizes,
): GroupHourStream[] {
  const isAsked = (hour: number): boolean => hour >= first && hour <= last;
  const accepts = (groupId: string, hour: number): boolean => isAsked(hour) && !(replaced?.has(groupId, hour) ?? false);
  const isAll = replaced === null && first === ALL_HOURS.first && last === ALL_HOURS.last;
  const isRead = ({ hour }: Part): boolean => hour === WHOLE_DAY || (isAsked(hour) && !replaced?.isWhole(hour));
  return file.directory.parts.filter(isRead).map((part) => ({
    pages: readFrames(files, file, framesFrom(part, fromGroup), sizes),
    accepts: isAll ? null : accepts,
  }));
}
