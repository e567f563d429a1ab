import { Buffer } from 'node:buffer';
import { type Random, randomOf } from './random.ts';
import { SAMPLE_HOURS } from './span.ts';

/** What is wrong with a line: */
export type FaultKind =
  /** a report that ends in its middle; */
  | 'cut'
  /** a report whose process name has bytes that are not UTF-8; */
  | 'not-utf8'
  /** bytes that mean nothing; */
  | 'bytes'
  /** nothing, which harms nobody; */
  | 'empty'
  /** a line of text; */
  | 'text'
  /** a report at a time that there is not. */
  | 'bad-time';

/** Where an unreadable line goes: into the export of this hour, this share of the way down. */
export interface FaultPlace {
  readonly kind: FaultKind;
  readonly hour: number;
  readonly depth: number;
}

const KINDS: readonly FaultKind[] = ['cut', 'not-utf8', 'bytes', 'empty', 'text', 'bad-time'];

/** Two of each kind, in the order of their places; no hour has more than one. */
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
 * An unreadable line, made of a readable report's. It is one more line, not that report's own: an export with its
 * unreadable lines left out is whole.
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
