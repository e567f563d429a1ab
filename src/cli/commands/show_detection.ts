import { UsageError } from '../errors.ts';
import { tableOrJson } from '../output/format.ts';
import { jsonLines } from '../output/lines.ts';
import type { Terminal } from '../terminal.ts';
import { connect } from './connect.ts';
import { idBeginningWith, noSuchDetection } from './detection_id.ts';
import { detectionText } from './detection_text.ts';
import { storedExplanation } from './stored_explanation.ts';

export interface ShowOptions {
  readonly format: string;
  readonly explain: boolean;
}

/** `detections show`: one detection with its evidence and next steps. */
export async function showCommand(terminal: Terminal, start: string, { format, explain }: ShowOptions): Promise<void> {
  const isJson = tableOrJson(format) === 'json';
  if (explain && isJson) throw new UsageError('--explain prints text: json has the same numbers without it');
  const app = connect(terminal);
  const id = await idBeginningWith(app, start);
  const detection = await app.getDetection(id);
  if (detection === null) throw noSuchDetection(id);
  const explanation = explain ? storedExplanation(detection.assessments, app.config.detection.thresholds) : '';
  const owner = await app.ownerOf(detection.RemoteIP);
  if (isJson) {
    terminal.stdout.write(jsonLines([{ ...detection, owner }]));
    return;
  }
  terminal.stdout.write(`${detectionText(owner === null ? detection : { ...detection, owner })}${explanation}`);
}
