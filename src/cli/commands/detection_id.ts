import type { App } from '../../app.ts';
import { DETECTION_ID } from '../../core/detections/detection.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { CommandError, UsageError } from '../errors.ts';

const START = /^[0-9a-f]{4,32}(\|[a-z-]*)?$/;
/** Of an id: its address, and enough of its group. */
export const SHORT_ID_LENGTH = 12;

/** The id that begins so. Throws where none does, or several. */
export async function idBeginningWith(app: Pick<App, 'detectionIds'>, start: string): Promise<string> {
  if (!START.test(start))
    throw new UsageError(
      `an id of a detection, or its first 4 to 32 hexadecimal digits, is wanted (detections list has them), got "${escapeForDisplay(start)}"`,
    );
  // A whole one is looked up by whoever asks for it.
  if (DETECTION_ID.test(start)) return start;
  const found = await app.detectionIds(start);
  const [id] = found;
  if (id === undefined) throw new CommandError(`there is no detection ${escapeForDisplay(start)}`);
  if (found.length > 1)
    throw new CommandError(`more than one detection begins with ${escapeForDisplay(start)}: name more of it`);
  return id;
}
