import type { Timestamp } from '../core/kql/timestamp.ts';
import type { DateOrders, UnknownOrder } from '../core/records/date_order.ts';
import { faultText, type Needed } from '../core/records/reading.ts';
import type { MissingColumns } from '../core/records/table_header.ts';
import type { DeadLetter } from '../storage/ports/dead_letters.ts';
import type { Counters } from '../storage/ports/export_states.ts';
import type { ExportRef } from '../storage/ports/exports.ts';
import { addCounters, NO_COUNTERS } from './counters.ts';
import { exampleOf } from './example_value.ts';
import type { LocatedReport } from './located_report.ts';
import { MissingMembers } from './missing_members.ts';
import type { BatchReading } from './report_reader.ts';

/** Receives dead letters: the first of each export, by place and without their bytes, and the number of all by reason. */
export type OnLetters = (letters: readonly DeadLetter[], byReason: ReadonlyMap<string, number>) => void;

/** The first dead letter of a file, with the value of its field. */
export interface FirstFault {
  readonly reason: string;
  readonly field: string | undefined;
  /** Escaped for display; null where the record has no such member. */
  readonly value: string | null;
}

/** What is known of a file when it has been read. */
export interface FileFacts {
  readonly counters: Counters;
  /** Of the first table without a column that an active source needs; null where there is none. */
  readonly missing: MissingColumns | null;
  /** Members that every record lacks. */
  readonly lacking: readonly Needed[];
  /** Whether the file has reports of Defender, and none of them a count. */
  readonly isWithoutCounts: boolean;
  /** Whether it is an answer of a query API that says that it is not complete. */
  readonly isPartialAnswer: boolean;
  /** Why no order of day and month was found for dates that need one; null where none needs one. */
  readonly unknownOrder: (UnknownOrder & { readonly records: number }) | null;
  readonly firstFault: FirstFault | null;
  /** Times of the oldest and the newest report; '' where there is none. */
  readonly oldest: Timestamp | '';
  readonly newest: Timestamp | '';
}

/** Adds up what is read of one file. */
export class FileTally {
  readonly #ref: ExportRef;
  readonly #letters: UnconfirmedLetters;
  /** Letters of records whose date needs the order of day and month. */
  readonly #open: UnconfirmedLetters;
  readonly #members = new MissingMembers();
  #counters: Counters = NO_COUNTERS;
  #missing: MissingColumns | null = null;
  #lacking: readonly Needed[] = [];
  #unknownOrder: FileFacts['unknownOrder'] = null;
  #isPartialAnswer = false;
  #reports: 'none' | 'without-counts' | 'with-counts' = 'none';
  #firstFault: FirstFault | null = null;
  #oldest: Timestamp | '' = '';
  #newest: Timestamp | '' = '';

  constructor(ref: ExportRef, onLetters: OnLetters) {
    this.#ref = ref;
    this.#letters = new UnconfirmedLetters(onLetters);
    this.#open = new UnconfirmedLetters(onLetters);
  }

  get facts(): FileFacts {
    return {
      counters: this.#counters,
      missing: this.#missing,
      lacking: this.#lacking,
      isPartialAnswer: this.#isPartialAnswer,
      isWithoutCounts: this.#reports === 'without-counts',
      unknownOrder: this.#unknownOrder,
      firstFault: this.#firstFault,
      oldest: this.#oldest,
      newest: this.#newest,
    };
  }

  /** Takes a batch of the first reading. Returns the reports that can be counted now. */
  take(reading: BatchReading): readonly LocatedReport[] {
    this.#counters = addCounters(this.#counters, reading.counters);
    for (const letter of reading.letters) this.#add(letter);
    for (const [reason, times] of reading.more) (isOpen(reason) ? this.#open : this.#letters).count(reason, times);
    return this.#reportsOf(reading);
  }

  /** Takes a batch of the second reading, which reads only records whose date needs the order. */
  takeDated(reading: BatchReading): readonly LocatedReport[] {
    // Lines that are no record have been counted.
    const letters = reading.letters.filter(({ field }) => field !== undefined);
    const more = [...reading.more].filter(([reason]) => reason.includes('('));
    const faults = letters.length + more.reduce((sum, [, times]) => sum + times, 0);
    const { reports, excluded } = reading.counters;
    const dated = reports + excluded + faults;
    this.#counters = {
      ...this.#counters,
      reports: this.#counters.reports + reports,
      excluded: this.#counters.excluded + excluded,
      deadLetters: this.#counters.deadLetters + faults - dated,
    };
    for (const letter of letters) this.#add(letter);
    for (const [reason, times] of more) this.#letters.count(reason, times);
    return this.#reportsOf(reading);
  }

  /** Passes the dead letters on. Call it once a record of a known format was found. */
  report(): void {
    this.#letters.report();
  }

  /** The dates that needed the order have been read with it. */
  forgetOpen(): void {
    this.#open.forget();
  }

  /** The file has ended, or cannot be read further. */
  end(orders: DateOrders, missing: MissingColumns | null): void {
    this.#missing = missing;
    this.#lacking = this.#members.end();
    for (const [field, reports] of this.#members.uncounted) {
      this.#letters.count(faultText({ fault: 'no-column', field }), reports);
      this.#counters = {
        ...this.#counters,
        reports: this.#counters.reports - reports,
        deadLetters: this.#counters.deadLetters + reports,
      };
    }
    if (this.#open.total > 0) {
      const order = orders.decide();
      if (typeof order !== 'string') this.#unknownOrder = { ...order, records: this.#open.total };
    }
    this.#open.report();
    this.#letters.report();
  }

  #reportsOf({ reports, counters, withoutAddress }: BatchReading): readonly LocatedReport[] {
    this.#members.addExcluded(counters.excluded, withoutAddress);
    for (const { report } of reports) {
      if (this.#oldest === '' || report.Timestamp < this.#oldest) this.#oldest = report.Timestamp;
      if (report.Timestamp > this.#newest) this.#newest = report.Timestamp;
      if (report.count !== null) this.#reports = 'with-counts';
      else if (this.#reports === 'none') this.#reports = 'without-counts';
    }
    return this.#members.takeAll(reports);
  }

  #add(letter: DeadLetter): void {
    const { reason, field } = letter;
    if (reason === 'partial-answer') this.#isPartialAnswer = true;
    this.#firstFault ??= { reason, field, value: exampleOf(letter) };
    (isOpen(reason) ? this.#open : this.#letters).add({ ...letter, export: this.#ref });
  }
}

function isOpen(reason: string): boolean {
  return reason.startsWith('date-order');
}

/** The dead letters of an export until they are reported. */
class UnconfirmedLetters {
  readonly #onLetters: OnLetters;
  #letters: DeadLetter[] = [];
  #byReason = new Map<string, number>();
  /** Those that were not reported. */
  total = 0;

  constructor(onLetters: OnLetters) {
    this.#onLetters = onLetters;
  }

  add(letter: DeadLetter): void {
    this.#letters.push({ ...letter, bytes: NO_BYTES });
    this.count(faultText({ fault: letter.reason, field: letter.field }), 1);
  }

  count(reason: string, times: number): void {
    this.total += times;
    this.#byReason.set(reason, (this.#byReason.get(reason) ?? 0) + times);
  }

  report(): void {
    if (this.#byReason.size > 0) this.#onLetters(this.#letters, this.#byReason);
    this.forget();
  }

  forget(): void {
    this.#letters = [];
    this.#byReason = new Map();
    this.total = 0;
  }
}

const NO_BYTES = new Uint8Array();
