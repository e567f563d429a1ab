import { Buffer } from 'node:buffer';
import { type Random, randomOf } from './random.ts';
import { SAMPLE_HOURS } from './span.ts';

/** The fault of an unreadable line. */
export type FaultKind =
  /** A report that is cut off. */
  | 'cut'
  /** A report whose process name has bytes that are not UTF-8. */
  | 'not-utf8'
  /** Random bytes. */
  | 'bytes'
  /** An empty line, which is no error. */
  | 'empty'
  /** A line of text. */
  | 'text'
  /** A report with an invalid time. */
  | 'bad-time';

/** The place of an unreadable line: the hour of its export, and the share of lines before it. */
export interface FaultPlace {
  readonly kind: FaultKind;
  readonly hour: number;
  readonly depth: number;
}

const KINDS: readonly FaultKind[] = ['cut', 'not-utf8', 'bytes', 'empty', 'text', 'bad-time'];

/** Two of each kind in order of hour; no hour has more than one. */
export function faultPlaces(seed: number): FaultPlace[] {
  const random = randomOf(seed, 'faults');
  const hours = Array.from({ length: SAMPLE_HOURS - 2 }, (_, i) => i + 1);
  return [...KINDS, ...KINDS]
    .map((kind) => {
      const [hour] = hours.splice(random.int(0, hours.length - 1), 1);
      return { kind, hour: hour as number, depth: random.fraction() };
    })
    .sort((a, b) => a.hour - b.hour);
}

/**
 * An unreadable line, made from a readable report. It is an additional line: an export without its unreadable lines is
 * complete.
 */
export function unreadable(kind: FaultKind, report: Buffer, random: Random): Buffer {
  switch (kind) {
    case 'cut':
      return Buffer.concat([report.subarray(0, random.int(report.length >> 2, report.length - 100)), CRLF]);
    case 'not-utf8': {
      const bytes = Buffer.from(report);
      const name = bytes.indexOf(NAME) + NAME.length;
      bytes[name] = 0xff;
      bytes[name + 1] = 0xc3;
      return bytes;
    }
    case 'bytes':
      return Buffer.concat([Buffer.from(Array.from({ length: 64 }, () => random.int(0x80, 0xff))), CRLF]);
    case 'empty':
      return CRLF;
    case 'text':
      return Buffer.from('<html><body><h1>503 Service Unavailable</h1></body></html>\r\n');
    case 'bad-time':
      return Buffer.from(report.toString().replace(/"Timestamp":"([\d-]+)[^"]*"/, '"Timestamp":"$1T25:61:00Z"'));
  }
}

const CRLF = Buffer.from('\r\n');
const NAME = Buffer.from('"InitiatingProcessFileName":"');
