import type { App } from '../../app.ts';
import { DETECTION_ID } from '../../core/detections/detection.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { CommandError, UsageError } from '../errors.ts';

const START = /^[0-9a-f]{4,32}$/;
/** Hexadecimal digits of an id in lists: eight of the address, four of the group. */
export const SHORT_ID_LENGTH = 12;

/** The one id that begins with `start`. Throws a CommandError if none or several do. */
export async function idBeginningWith(app: Pick<App, 'detectionIds'>, start: string): Promise<string> {
  if (!START.test(start))
    throw new UsageError(
      'the id of a detection must be the whole id or its first 4 to 32 hexadecimal digits (detections list prints ' +
        `it), got "${escapeForDisplay(start)}"`,
    );
  // The caller looks up a whole id.
  if (DETECTION_ID.test(start)) return start;
  const found = await app.detectionIds(start);
  const [id] = found;
  if (id === undefined) throw noSuchDetection(start);
  if (found.length > 1)
    throw new CommandError(`${found.length} detections begin with ${escapeForDisplay(start)}: give more of the id`);
  return id;
}

export function noSuchDetection(id: string): CommandError {
  return new CommandError(`there is no detection ${escapeForDisplay(id)}; detections list prints all ids`);
}
