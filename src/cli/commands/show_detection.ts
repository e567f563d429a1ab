import { escapeForDisplay } from '../../core/text/escape.ts';
import { CommandError } from '../errors.ts';
import { tableOrJson } from '../output/format.ts';
import { jsonLines } from '../output/lines.ts';
import { connect } from './connect.ts';
import { idBeginningWith } from './detection_id.ts';
import { detectionText } from './detection_text.ts';

/** `detections show`: one detection, with all that an analyst asks first. */
export async function showCommand(start: string, { format }: { readonly format: string }): Promise<void> {
  const isJson = tableOrJson(format) === 'json';
  const app = connect();
  const id = await idBeginningWith(app, start);
  const detection = await app.getDetection(id);
  if (detection === null) throw new CommandError(`there is no detection ${escapeForDisplay(id)}`);
  process.stdout.write(isJson ? jsonLines([detection]) : detectionText(detection));
}
