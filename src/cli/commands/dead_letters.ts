import { isUtf8 } from 'node:buffer';
import { faultText } from '../../core/records/reading.ts';
import { escapeForDisplay, escapeJson } from '../../core/text/escape.ts';
import { counted } from '../../core/text/numbers.ts';
import type { DeadLetter } from '../../storage/ports/dead_letters.ts';
import { say, type Terminal } from '../terminal.ts';
import { connect } from './connect.ts';

/** Characters of a record that the table prints. */
const MAX_CHARACTERS = 100;

/** `dead-letters`: one line per record that could not be read or stored, with its place, reason and beginning. */
export async function deadLettersCommand(
  terminal: Terminal,
  { format }: { readonly format: 'table' | 'json' },
): Promise<void> {
  const byReason = new Map<string, number>();
  for await (const letter of connect(terminal).deadLetters()) {
    const detail = letter.code ?? letter.field;
    const reason = faultText({ fault: letter.reason, field: detail });
    const counts = letter.notKept ?? { [reason]: 1 };
    for (const [each, times] of Object.entries(counts)) byReason.set(each, (byReason.get(each) ?? 0) + times);
    terminal.stdout.write(format === 'json' ? jsonLine(letter) : textLine(letter, escapeForDisplay(reason)));
  }
  const all = countsText([...byReason]);
  say(terminal, all === '' ? 'No dead letters.' : `${all}\nAfter a fix: beaconwatch replay <container/name>`);
}

function textLine(letter: DeadLetter, named: string): string {
  const { container, name } = letter.export;
  const place = `${escapeForDisplay(`${container}/${name}`, 500)} at byte ${letter.offset} (${letter.length} bytes)`;
  if (letter.notKept !== undefined) return `${place}: not-kept: ${countsText(Object.entries(letter.notKept))}\n`;
  const reason = letter.reports === undefined ? named : `${named} (${counted(letter.reports, 'report')})`;
  const record = letter.record > 0 ? `, record ${letter.record}` : '';
  return `${place}${record}: ${reason}: ${escapeForDisplay(Buffer.from(letter.bytes).toString('utf8'), MAX_CHARACTERS)}\n`;
}

function countsText(counts: readonly (readonly [string, number])[]): string {
  return counts.map(([reason, times]) => `${times} ${escapeForDisplay(reason)}`).join(', ');
}

function jsonLine({ bytes, ...letter }: DeadLetter): string {
  const kept = isUtf8(bytes)
    ? { text: Buffer.from(bytes).toString('utf8') }
    : { bytes: Buffer.from(bytes).toString('base64') };
  return `${escapeJson(JSON.stringify({ ...letter, ...kept }))}\n`;
}
