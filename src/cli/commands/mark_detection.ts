import type { Detection } from '../../core/detections/detection.ts';
import type { VerdictValue } from '../../core/detections/verdict.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { notificationViewOf } from '../../detections/detection_view.ts';
import { faultsIn } from '../../detections/input_faults.ts';
import { verdictInput } from '../../detections/verdict_input.ts';
import { COMMAND_NAME } from '../command_name.ts';
import { UsageError } from '../errors.ts';
import { tableOrJson } from '../output/format.ts';
import { jsonLines } from '../output/lines.ts';
import { say, type Terminal } from '../terminal.ts';
import { connect } from './connect.ts';
import { idBeginningWith, noSuchDetection } from './detection_id.ts';
import { optionFaults } from './option_faults.ts';
import { whoOf } from './who.ts';

export interface MarkOptions {
  readonly as: string;
  readonly note: string;
  readonly who?: string;
  readonly format: string;
}

/** `detections mark`: records the verdict of an analyst, in place of an earlier one. */
export async function markCommand(terminal: Terminal, start: string, options: MarkOptions): Promise<void> {
  const { as, note, format } = options;
  const isJson = tableOrJson(format) === 'json';
  const given = { as, note, who: whoOf('--who', options.who, terminal.env) };
  const input = verdictInput.safeParse({ value: as, note, who: given.who });
  if (!input.success) {
    const faults = faultsIn(input.error).map((fault) => (fault.name === 'value' ? { ...fault, name: 'as' } : fault));
    throw new UsageError(optionFaults(faults, given));
  }
  const app = connect(terminal);
  const id = await idBeginningWith(app, start);
  const row = await app.recordVerdict(id, input.data);
  if (row === null) throw noSuchDetection(id);
  terminal.stdout.write(
    isJson
      ? jsonLines([{ id, verdict: notificationViewOf(row).verdict }])
      : `${id}: ${input.data.value}, by ${escapeForDisplay(input.data.who)}\n`,
  );
  if (!isJson) say(terminal, nextText(row.detection, input.data.value));
}

/** A verdict suppresses nothing: the text says whether sinks are notified of the detection, and how to end that. */
function nextText({ groupId, state, suppressedBy, revision }: Detection, verdict: VerdictValue): string {
  if (suppressedBy !== '') return `It is suppressed by ${suppressedBy}: no sink is notified of it.`;
  const when = state === 'resolved' ? 'if it comes back' : `of each change after revision ${revision}`;
  const goOn = `Notifications go on, ${when}: a verdict suppresses nothing.`;
  const isWanted = verdict === 'benign-positive' || verdict === 'false-positive';
  return isWanted ? `${goOn} To suppress it: ${COMMAND_NAME} suppress add --from ${groupId} --reason 'why'` : goOn;
}
