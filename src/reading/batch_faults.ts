import { Buffer } from 'node:buffer';
import type { LineReading } from '../core/records/read_line.ts';
import { type FieldFault, faultText, type ReadFault } from '../core/records/reading.ts';
import type { DeadLetter } from '../storage/ports/dead_letters.ts';
import type { ExportRef } from '../storage/ports/exports.ts';
import type { Line } from './line.ts';
import { KEPT_BYTES } from './line_reader.ts';

const NO_BYTES = new Uint8Array();

/** The dead letters of a batch: the first `room` by place, and the number of the others by reason. */
export class BatchFaults {
  readonly #ref: ExportRef;
  readonly #room: number;
  readonly more = new Map<string, number>();
  readonly #letters: DeadLetter[] = [];
  #ofRecords = 0;
  total = 0;

  constructor(ref: ExportRef, room: number) {
    this.#ref = ref;
    this.#room = room;
  }

  /** A line of those that a batch holds few of. */
  addLine(line: Line, fault: ReadFault): void {
    this.total++;
    this.#keep(line, { fault }, 0, true);
  }

  /** The faults of one parsed line; the first of them has its bytes. These lines come in order of place, so that only the first can be among the first. */
  addRecords(line: Line, faults: LineReading['faults']): void {
    this.total += faults.length;
    for (const [index, each] of faults.entries()) {
      const isKept = this.#ofRecords < this.#room;
      if (isKept) this.#ofRecords++;
      if (isKept) this.#keep(line, each, each.record, index === 0);
      else this.#add(faultText(each), 1);
    }
  }

  count(fault: string, times: number): void {
    this.total += times;
    this.#add(fault, times);
  }

  close(): readonly DeadLetter[] {
    this.#letters.sort((a, b) => a.offset - b.offset || a.record - b.record);
    for (const { reason, field } of this.#letters.splice(this.#room)) this.#add(faultText({ fault: reason, field }), 1);
    return this.#letters;
  }

  #keep({ offset, length, bytes }: Line, { fault, field }: FieldFault, record: number, hasBytes: boolean): void {
    // A copy: the line is a view on a chunk that is soon gone.
    const kept = hasBytes ? Buffer.from(bytes.subarray(0, KEPT_BYTES)) : NO_BYTES;
    const reason = field === undefined ? { reason: fault } : { reason: fault, field };
    this.#letters.push({ export: this.#ref, offset, length, record, ...reason, bytes: kept });
  }

  #add(fault: string, times: number): void {
    this.more.set(fault, (this.more.get(fault) ?? 0) + times);
  }
}
