import { tableOrJson } from '../output/format.ts';
import { jsonLines } from '../output/lines.ts';
import type { Terminal } from '../terminal.ts';
import { connect } from './connect.ts';
import { idBeginningWith, noSuchDetection } from './detection_id.ts';
import { detectionText } from './detection_text.ts';

/** `detections show`: one detection with its evidence and next steps. */
export async function showCommand(
  terminal: Terminal,
  start: string,
  { format }: { readonly format: string },
): Promise<void> {
  const isJson = tableOrJson(format) === 'json';
  const app = connect(terminal);
  const id = await idBeginningWith(app, start);
  const detection = await app.getDetection(id);
  if (detection === null) throw noSuchDetection(id);
  terminal.stdout.write(isJson ? jsonLines([detection]) : detectionText(detection));
}
