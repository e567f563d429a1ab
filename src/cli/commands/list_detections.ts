import { readDetectionQuery } from '../../detections/detection_query.ts';
import { UsageError } from '../errors.ts';
import { formatOf } from '../output/format.ts';
import { connect } from './connect.ts';
import { listText } from './detection_list.ts';
import { optionFaults } from './option_faults.ts';

export interface ListOptions {
  readonly all: boolean;
  readonly format: string;
  readonly [filter: string]: string | boolean;
}

/** `detections list`: a page of them, or all, a page at a time. */
export async function listDetectionsCommand({ all, format: formatName, ...parameters }: ListOptions): Promise<void> {
  const format = formatOf(formatName);
  const limit = all ? { limit: '1000' } : {};
  const given = { ...(parameters as Record<string, string>), ...limit };
  const read = readDetectionQuery(given);
  if (!read.ok) throw new UsageError(optionFaults(read.faults, given));
  const app = connect();
  let shown = 0;
  let { query } = read;
  for (;;) {
    const { detections, total, next } = await app.listDetections(query);
    process.stdout.write(listText(detections, format, shown === 0));
    shown += detections.length;
    if (next !== null && all) {
      query = { ...query, after: next };
      continue;
    }
    process.stderr.write(`${shown} of ${total} detections\n`);
    return;
  }
}
