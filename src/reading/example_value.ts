import { Buffer } from 'node:buffer';
import { escapeForDisplay } from '../core/text/escape.ts';
import type { DeadLetter } from '../storage/ports/dead_letters.ts';

/** Enough to recognize the form of a value. */
const MAX_EXAMPLE_LENGTH = 60;
/** Records inside other records, and parts of a name such as `winlog.computer_name`. */
const MAX_DEPTH = 6;

/**
 * The value of the field that a dead letter names, escaped for display: people recognize by it what their product writes.
 * null if the record has no such member, or no value in it.
 */
export function exampleOf({ field, bytes }: Pick<DeadLetter, 'field' | 'bytes'>): string | null {
  if (field === undefined) return null;
  const value = memberOf(parsed(bytes), field, 0);
  if (value === undefined || value === null) return null;
  return escapeForDisplay(typeof value === 'string' ? value : JSON.stringify(value), MAX_EXAMPLE_LENGTH);
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    // No JSON, or only its beginning is kept.
    return null;
  }
}

function memberOf(value: unknown, field: string, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return undefined;
  const row = value as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(row, field)) return row[field];
  for (const [name, inner] of Object.entries(row)) {
    const rest = field.startsWith(`${name}.`) ? field.slice(name.length + 1) : field;
    const found = memberOf(inner, rest, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
