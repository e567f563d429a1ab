import { isUtf8 } from 'node:buffer';
import type { DeadLetter } from '../ports/dead_letters.ts';
import type { ExportRef } from '../ports/exports.ts';
import type { JsonLine } from './json_lines.ts';

/** Bytes kept of a line. */
const KEPT_BYTES = 64 * 1024;

/** A dead letter as one line of JSON, newline included; its bytes as `text` where they are UTF-8, else in base64. */
export function encodeLetter(letter: DeadLetter): Buffer {
  const { bytes, ...rest } = letter;
  const content = isUtf8(bytes)
    ? { text: viewOf(bytes).toString('utf8') }
    : { bytes: viewOf(bytes).toString('base64') };
  return Buffer.from(`${JSON.stringify({ ...rest, ...content })}\n`);
}

/**
 * The dead letter of a line. A line that cannot be read (the blob was cut, or another program wrote it) becomes a dead
 * letter of its own, so that it is visible and does not block the others.
 */
export function decodeLetter(line: JsonLine, blob: ExportRef): DeadLetter {
  if (line.length > line.bytes.length) return letterOn(line, blob, 'line-too-long');
  let value: unknown;
  try {
    value = JSON.parse(line.bytes.toString('utf8'));
  } catch {
    return letterOn(line, blob, 'bad-json');
  }
  if (!isWritten(value)) return letterOn(line, blob, 'bad-json');
  const { export: ref, offset, length, record, reason, field, code, reports, notKept, text, bytes } = value;
  return {
    export: { container: ref.container, name: ref.name },
    offset,
    length,
    record,
    reason,
    ...(field !== undefined && { field }),
    ...(code !== undefined && { code }),
    ...(reports !== undefined && { reports }),
    ...(notKept !== undefined && { notKept }),
    bytes: text === undefined ? Buffer.from(bytes ?? '', 'base64') : Buffer.from(text),
  };
}

function letterOn({ offset, length, bytes }: JsonLine, blob: ExportRef, reason: DeadLetter['reason']): DeadLetter {
  return { export: blob, offset, length, record: 0, reason, bytes: bytes.subarray(0, KEPT_BYTES) };
}

interface Written extends Omit<DeadLetter, 'bytes'> {
  readonly text?: string;
  readonly bytes?: string;
}

function isWritten(value: unknown): value is Written {
  if (typeof value !== 'object' || value === null) return false;
  const letter = value as Partial<Record<keyof Written, unknown>>;
  const ref = letter.export as Partial<Record<keyof ExportRef, unknown>> | null | undefined;
  return (
    typeof ref?.container === 'string' &&
    typeof ref.name === 'string' &&
    [letter.offset, letter.length, letter.record].every(Number.isSafeInteger) &&
    typeof letter.reason === 'string' &&
    (letter.field === undefined || typeof letter.field === 'string') &&
    (letter.code === undefined || typeof letter.code === 'string') &&
    (letter.reports === undefined || Number.isSafeInteger(letter.reports)) &&
    (letter.notKept === undefined || isCounts(letter.notKept)) &&
    (typeof letter.text === 'string' || typeof letter.bytes === 'string')
  );
}

function isCounts(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).every(Number.isSafeInteger);
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
