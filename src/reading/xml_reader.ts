import { Buffer } from 'node:buffer';
import type { Line } from './line.ts';
import { FilledBatch, type LineBatch } from './line_batch.ts';
import { KEPT_BYTES, type LineOptions } from './line_reader.ts';
import { piecesIn } from './pieces.ts';

/**
 * Cuts the XML of Windows events into its `<Event>` elements, each with its place: indented, or several in one line, as the
 * Event Viewer and `wevtutil` write `<Events>`. It looks for the tags only, so that one broken event costs no other. An event
 * that another one begins in, or that the file ends in, is a fault; so is text between events that is no markup. Memory is
 * a chunk and `maxLineBytes`.
 */
export async function* readXml(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { maxLineBytes }: Pick<LineOptions, 'maxLineBytes'>,
): AsyncGenerator<LineBatch> {
  const cutter = new EventCutter(maxLineBytes);
  for await (const piece of piecesIn(chunks)) yield cutter.cut(piece, false);
  yield cutter.cut(NO_BYTES, true);
}

/**
 * Whether a file that begins with this text is XML of events of which none is a line of its own: indented, or several in a
 * line. One broken line among whole ones changes nothing. `evtx_dump` writes `Record 1` before each event.
 */
export function isEventsXml(head: string): boolean {
  if (!/^(?:Record \d+\s+)?<(?:\?xml|!--|Events?)[\s>]/.test(head)) return false;
  const lines = head.split('\n').map((line, index, all) => ({ line, isWhole: index < all.length - 1 }));
  const begins = lines.map(({ line }) => line.match(EVENT_BEGINS)?.length ?? 0);
  if (lines.some(({ line }, n) => begins[n] === 1 && line.includes(END))) return false;
  return lines.some(({ isWhole }, n) => begins[n] !== 0 && (isWhole || begins[n] !== 1));
}

const EVENT_BEGINS = /<Event[\s>]/g;
const BEGIN = '<Event';
const END = '</Event>';
/** What follows the name of an element: a blank, `>`. */
const AFTER_NAME = new Set([0x20, 0x09, 0x0a, 0x0d, 0x3e]);
const NO_BYTES = Buffer.alloc(0);
/** Declarations, comments, tags of other elements, and what `evtx_dump` writes between events. */
const MARKUP = /\ufeff|<\?[^>]*\?>|<!--[^>]*-->|<\/?\w[^>]*>|Record \d+(?=\s)/g;
/** Text between events that is searched for markup; a longer one is a fault. */
const BETWEEN_BYTES = 4096;

class EventCutter {
  readonly #maxBytes: number;
  #batch = new Batch();
  /** Bytes that are not yet cut; the first of them begins the event, or the text between events. */
  #held: Buffer = NO_BYTES;
  /** Offset in the file of the first byte of `held`. */
  #offset = 0;
  /** Bytes of the event, or of the text, that were dropped after its first ones. */
  #dropped = 0;
  #isEvent = false;
  /** Place in `held` up to which no tag begins. */
  #searched = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  cut(piece: Buffer, isLast: boolean): LineBatch {
    this.#batch = new Batch();
    // A copy: the chunk may be a window on memory that its owner fills again.
    this.#held = Buffer.concat([this.#held, piece]);
    while (this.#cutNext());
    if (isLast) this.#close(this.#held.length, false);
    else this.#drop();
    this.#batch.end = this.#offset;
    return this.#batch;
  }

  /** Cuts to the next tag; false where there is none. */
  #cutNext(): boolean {
    const begin = beginIn(this.#held, Math.max(this.#searched, this.#isEvent ? BEGIN.length : 0));
    const end = this.#isEvent ? this.#held.indexOf(END, this.#searched) : -1;
    if (end !== -1 && (begin === -1 || end < begin)) {
      this.#close(end + END.length, true);
      this.#isEvent = false;
      return true;
    }
    if (begin === -1) {
      this.#searched = Math.max(this.#searched, this.#held.length - END.length);
      return false;
    }
    this.#close(begin, false);
    this.#isEvent = true;
    return true;
  }

  /** Ends the event, or the text between events, before this place. */
  #close(end: number, isWhole: boolean): void {
    const length = end + this.#dropped;
    const line = { offset: this.#offset, length, bytes: Buffer.from(this.#held.subarray(0, end)) };
    if (this.#isEvent) this.#batch.addEvent(line, this.#maxBytes, isWhole);
    else this.#batch.addBetween(line);
    this.#held = this.#held.subarray(end);
    this.#offset += length;
    this.#dropped = 0;
    this.#searched = 0;
  }

  /** Bounds what is held of one that is too long: its first bytes, and the last ones, in which a tag may begin. */
  #drop(): void {
    const kept = this.#isEvent ? this.#maxBytes : BETWEEN_BYTES;
    const from = this.#held.length - END.length;
    if (from <= kept) return;
    this.#dropped += from - kept;
    this.#held = Buffer.concat([this.#held.subarray(0, kept), this.#held.subarray(from)]);
    this.#searched = kept;
  }
}

/** The place of the next `<Event>`; -1 where there is none. */
function beginIn(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(BEGIN, from); at !== -1; at = bytes.indexOf(BEGIN, at + 1)) {
    const next = bytes[at + BEGIN.length];
    if (next !== undefined && AFTER_NAME.has(next)) return at;
  }
  return -1;
}

class Batch extends FilledBatch {
  addEvent(line: Line, maxBytes: number, isWhole: boolean): void {
    this.lines++;
    if (line.length > maxBytes) this.tooLong.push({ ...line, bytes: line.bytes.subarray(0, KEPT_BYTES) });
    else if (isWhole) this.hits.push(line);
    else this.#addFault(line);
  }

  addBetween(line: Line): void {
    const isShort = line.length <= BETWEEN_BYTES;
    if (isShort && line.bytes.toString('utf8').replaceAll(MARKUP, '').trim() === '') return;
    this.lines++;
    this.#addFault(line);
  }

  #addFault(line: Line): void {
    this.malformed.add('bad-xml', () => ({ ...line, bytes: line.bytes.subarray(0, KEPT_BYTES), fault: 'bad-xml' }));
  }
}
