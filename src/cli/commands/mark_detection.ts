import { escapeForDisplay } from '../../core/text/escape.ts';
import { notificationViewOf } from '../../detections/detection_view.ts';
import { faultsIn } from '../../detections/input_faults.ts';
import { verdictInput } from '../../detections/verdict_input.ts';
import { CommandError, UsageError } from '../errors.ts';
import { tableOrJson } from '../output/format.ts';
import { jsonLines } from '../output/lines.ts';
import { connect } from './connect.ts';
import { idBeginningWith } from './detection_id.ts';
import { optionFaults } from './option_faults.ts';
import { whoOf } from './who.ts';

export interface MarkOptions {
  readonly as: string;
  readonly note: string;
  readonly who?: string;
  readonly format: string;
}

/** `detections mark`: what an analyst makes of a detection, in the place of what was said before. */
export async function markCommand(start: string, { as, note, who, format }: MarkOptions): Promise<void> {
  const isJson = tableOrJson(format) === 'json';
  const given = { as, note, who: whoOf('--who', who) };
  const said = verdictInput.safeParse({ value: as, note, who: given.who });
  if (!said.success) {
    const faults = faultsIn(said.error).map((fault) => (fault.name === 'value' ? { ...fault, name: 'as' } : fault));
    throw new UsageError(optionFaults(faults, given));
  }
  const app = connect();
  const id = await idBeginningWith(app, start);
  const row = await app.recordVerdict(id, said.data);
  if (row === null) throw new CommandError(`there is no detection ${escapeForDisplay(id)}`);
  process.stdout.write(
    isJson
      ? jsonLines([{ id, verdict: notificationViewOf(row).verdict }])
      : `${id}: ${said.data.value}, by ${escapeForDisplay(said.data.who)}\n`,
  );
}
