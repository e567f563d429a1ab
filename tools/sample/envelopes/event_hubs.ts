import { Buffer } from 'node:buffer';
import type { Append } from '../appends.ts';
import { sampleExports } from '../exports.ts';
import type { Plan } from '../plan.ts';
import { type Random, randomOf } from '../random.ts';

/**
 * The exports with many records per line, `{"records":[…]}`, as the Streaming API sends them to Event Hubs and a capture
 * stores them. One line in ten is the array alone. An unreadable line stays a line of its own.
 */
export function* batchedExports(plan: Plan): Generator<Append> {
  for (const written of sampleExports(plan)) {
    const random = randomOf(plan.seed, 'batches', written.name);
    const kinds = new Map(written.unreadable.map(({ line, kind }) => [line - 1, kind]));
    const lines: Buffer[] = [];
    const unreadable: { line: number; kind: Append['unreadable'][number]['kind'] }[] = [];
    let records: string[] = [];
    let size = random.int(1, 40);
    const flush = () => {
      if (records.length > 0) lines.push(batch(records, random));
      records = [];
      size = random.int(1, 40);
    };
    for (const [index, line] of written.lines.entries()) {
      const kind = kinds.get(index);
      if (kind === undefined) {
        records.push(line.subarray(0, -CRLF.length).toString());
        if (records.length === size) flush();
      } else {
        flush();
        unreadable.push({ line: lines.push(line), kind });
      }
    }
    flush();
    yield { ...written, lines, unreadable };
  }
}

const CRLF = '\r\n';

function batch(records: readonly string[], random: Random): Buffer {
  const array = `[${records.join(',')}]`;
  return Buffer.from(`${random.chance(0.1) ? array : `{"records":${array}}`}${CRLF}`);
}
