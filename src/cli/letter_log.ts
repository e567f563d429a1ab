import { faultText } from '../core/records/reading.ts';
import { escapeForDisplay } from '../core/text/escape.ts';
import { groupedText } from '../core/text/numbers.ts';
import type { DeadLetter } from '../storage/ports/dead_letters.ts';
import { say, type Terminal } from './terminal.ts';

/** Dead letters that are listed; the others are only counted. */
const LISTED = 10;

/** What to change where the product writes such times, by the text of the fault. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  [
    'no-zone (EventTime)',
    'EventTime is local time of an unknown zone, so its hour is unknown. Let NXLog write the zone: ' +
      'DateFormat YYYY-MM-DDThh:mm:ss.sTZ in its xm_json extension (docs/sources.md).',
  ],
  [
    'no-zone (TimeCreated)',
    'TimeCreated is local time of an unknown zone, so its hour is unknown. Export it as UTC: ' +
      "Select-Object *, @{n='TimeCreated';e={$_.TimeCreated.ToUniversalTime().ToString('o')}} -ExcludeProperty TimeCreated " +
      '(docs/sources.md).',
  ],
  [
    'bad-utf8',
    'bad-utf8: these bytes are not UTF-8. If the whole file is of another encoding, convert it: ' +
      'iconv -f WINDOWS-1252 -t UTF-8 FILE (docs/sources.md)',
  ],
]);
const DATE_ADVICE =
  'A date of two numbers (date-order) does not show whether the day or the month comes first. ' +
  'Set --dates day-first or --dates month-first, or export ISO 8601 times (docs/sources.md).';

export interface LoggedLetters {
  readonly first: readonly DeadLetter[];
  readonly byReason: ReadonlyMap<string, number>;
}

/** Lists the first dead letters, and counts all of them by reason. */
export class LetterLog {
  readonly #first: DeadLetter[] = [];
  readonly #byReason = new Map<string, number>();

  add(first: readonly DeadLetter[], byReason: ReadonlyMap<string, number>): void {
    this.#first.push(...first.slice(0, LISTED - this.#first.length));
    for (const [reason, times] of byReason) this.#byReason.set(reason, (this.#byReason.get(reason) ?? 0) + times);
  }

  /** The first letters, and the numbers of all. */
  get logged(): LoggedLetters {
    return { first: this.#first, byReason: this.#byReason };
  }

  /** How many of each reason, as a sentence; '' without any. */
  reasons(): string {
    if (this.#byReason.size === 0) return '';
    const all = [...this.#byReason].map(([reason, times]) => `${groupedText(times)} ${escapeForDisplay(reason)}`);
    return `dead letters by reason: ${all.join(', ')}`;
  }

  report(terminal: Terminal): void {
    if (this.#byReason.size === 0) return;
    for (const letter of this.#first) {
      const { export: ref, offset, length, record } = letter;
      const within = record > 0 ? `, record ${record}` : '';
      say(
        terminal,
        `dead letter: ${escapeForDisplay(ref.name)} at byte ${offset} (${length} bytes${within}): ${letterReason(letter)}`,
      );
    }
    say(terminal, this.reasons());
    const reasons = [...this.#byReason];
    for (const [reason] of reasons) {
      const advice = ADVICE.get(reason);
      if (advice !== undefined) say(terminal, advice);
    }
    if (reasons.some(([reason]) => reason.startsWith('date-order'))) say(terminal, DATE_ADVICE);
  }
}

/** `bad-field (Computer)` */
function letterReason({ reason, field }: DeadLetter): string {
  return escapeForDisplay(faultText({ fault: reason, field }));
}
