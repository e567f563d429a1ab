import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SOURCES } from '../../../src/core/records/report.ts';
import { KEPT_LETTERS } from '../../../src/reading/faulty_lines.ts';
import { readContent } from '../../../src/reading/file_reader.ts';
import { formatsOf } from '../../../src/reading/formats.ts';
import { MAX_LINE_BYTES } from '../../../src/reading/line_reader.ts';
import { ReportReader } from '../../../src/reading/report_reader.ts';
import { tries } from '../../support/effort.ts';
import { ENVELOPES } from '../../support/reading/envelopes.ts';
import { mutated, one, randomOf } from '../../support/reading/mutations.ts';
import { NETWORK_EVENTS } from '../../support/reading/network_events.ts';
import { scoreBytes } from '../../support/reading/score_bytes.ts';

const FOLDER = new URL('../../fixtures/formats/', import.meta.url);
const EVENTS = readFileSync(new URL('event-xml.txt', FOLDER), 'utf8');
const FIXTURES: readonly (readonly [name: string, bytes: Buffer])[] = [
  ...readdirSync(FOLDER)
    .filter((name) => !name.endsWith('.mjs'))
    .map((name) => [name, readFileSync(new URL(name, FOLDER))] as const),
  ['events in one line', Buffer.from(`<Events>${EVENTS.replaceAll('\n', '')}</Events>`)],
  ['events indented', Buffer.from(EVENTS.replaceAll('><', '>\n  <'))],
  ...ENVELOPES.flatMap(([name, envelope]) => [
    [name, Buffer.from(JSON.stringify(envelope(NETWORK_EVENTS)))] as const,
    [`${name} indented`, Buffer.from(JSON.stringify(envelope(NETWORK_EVENTS), null, 2))] as const,
  ]),
];
const FORMATS = formatsOf(SOURCES);

/** Reads a file: its reports, each as text, and what became of its records. Throws only what a user sees as an error. */
async function read(bytes: Buffer, chunkBytes: number) {
  const reader = new ReportReader({ container: '', name: 'x' }, FORMATS);
  const preFilterTokens = FORMATS.map(({ preFilterToken }) => preFilterToken);
  const options = { preFilterTokens, maxLineBytes: MAX_LINE_BYTES, tail: 'line', probe: reader.probe } as const;
  const found = { reports: [] as string[], faults: 0, kept: 0, records: 0, known: 0, unknownShapes: 0 };
  try {
    for await (const batch of readContent(chunksOf(bytes, chunkBytes), options)) {
      const { reports, letters, more, counters } = reader.read(batch);
      found.reports.push(...reports.map(({ report }) => JSON.stringify(report)));
      found.kept += letters.length;
      found.faults += counters.deadLetters;
      found.records += counters.records;
      found.unknownShapes += counters.unknownShapes;
      found.known += counters.reports + counters.skipped + counters.excluded + counters.deadLetters;
      expect(letters.length + [...more.values()].reduce((sum, times) => sum + times, 0)).toBe(counters.deadLetters);
    }
    reader.probe.end();
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'CSV_HEADER') throw error;
  }
  found.reports.sort();
  return { ...found, unknownShape: reader.unknownShape };
}

async function* chunksOf(bytes: Buffer, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield Buffer.from(bytes.subarray(at, at + chunkBytes));
}

/** Runs `check` for each seed; the error names the seed. */
async function forSeeds(number: number, check: (seed: number) => Promise<void>): Promise<void> {
  for (let seed = 0; seed < number; seed++) {
    await check(seed).catch((error: unknown) => {
      throw new Error(`seed ${seed}`, { cause: error });
    });
  }
}

describe('a file of any format, changed at random', () => {
  it('is read without an error; each record becomes one of the known outcomes, in whatever chunks', async () => {
    await forSeeds(tries(150, 8_000), async (seed) => {
      const random = randomOf(seed);
      const [name, bytes] = one(FIXTURES, random);
      const changed = mutated(bytes, random);
      const found = await read(changed, 1 << 20);
      expect(found.known + found.unknownShapes, name).toBe(found.records);
      expect(found.unknownShape === null, name).toBe(found.unknownShapes === 0);
      expect(found.kept, name).toBeLessThanOrEqual(KEPT_LETTERS);
      expect(await read(changed, 1 + random.below(5_000)), name).toEqual(found);
    });
  });

  it('is scored without an error, and its totals add up', async () => {
    await forSeeds(tries(50, 2_000), async (seed) => {
      const random = randomOf(seed + 1_000_000);
      const [name, bytes] = one(FIXTURES, random);
      const scored = await scoreBytes(mutated(bytes, random), SOURCES).catch((error: { code?: unknown }) => {
        if (error.code === 'CSV_HEADER') return null;
        throw error;
      });
      if (scored === null || scored.foreign) return;
      const { reports, skipped, excluded, deadLetters, unknownShapes, records } = scored.counters;
      expect(reports + skipped + excluded + deadLetters + unknownShapes, name).toBe(records);
      expect(
        Object.values(scored.faults).reduce((sum, times) => sum + times, 0),
        name,
      ).toBe(deadLetters);
    });
  });
});

describe('a file of which one line is changed at random', () => {
  const LINES = FIXTURES.filter(([name]) => /\.(?:jsonl|txt)$/.test(name));
  /** Of a kind that no format knows. */
  const UNKNOWN = JSON.stringify({ vendor: 'x', payload: { what: 'Microsoft-Windows-Sysmon', deep: { id: 3 } } });

  it('keeps the reports of all others, and names a record of an unknown shape', async () => {
    await forSeeds(tries(60, 8_000), async (seed) => {
      const random = randomOf(seed + 2_000_000);
      const [name, bytes] = one(LINES, random);
      const lines = bytes.toString('utf8').trimEnd().split('\n');
      const at = random.below(lines.length);
      const changed = mutated(Buffer.from(lines[at] as string), random)
        .toString('latin1')
        .replaceAll('\n', ' ');
      const others = lines.toSpliced(at, 1, UNKNOWN);
      const wanted = (await read(Buffer.from(others.join('\n')), 1 << 20)).reports;
      const found = await read(
        Buffer.concat([
          ...lines.slice(0, at).map((line) => Buffer.from(`${line}\n`)),
          Buffer.from(`${changed}\n`, 'latin1'),
          Buffer.from([UNKNOWN, ...lines.slice(at + 1)].join('\n')),
        ]),
        1 << 20,
      );
      expect(missingOf(wanted, found.reports), `${name}, line ${at + 1}`).toEqual([]);
      expect(found.unknownShapes, name).toBeGreaterThanOrEqual(1);
      expect(found.unknownShape, name).not.toBeNull();
    });
  });

  it('keeps the reports of all others in a table', async () => {
    const columns = Object.keys(NETWORK_EVENTS[0] ?? {});
    const cell = (value: unknown) =>
      /[",]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : `${value}`;
    const csv = [columns.join(','), ...NETWORK_EVENTS.map((row) => Object.values(row).map(cell).join(','))];
    const zeek = readFileSync(new URL('zeek-conn.log', FOLDER), 'utf8').trimEnd().split('\n');
    await forSeeds(tries(60, 3_000), async (seed) => {
      const random = randomOf(seed + 3_000_000);
      const lines = one([csv, zeek], random);
      const rows = lines.flatMap((line, n) => (n === 0 || line.startsWith('#') ? [] : [n]));
      const at = one(rows, random);
      const changed = mutated(Buffer.from(lines[at] as string), random)
        .toString('latin1')
        .replaceAll('\n', ' ');
      // It begins another table: the rows behind it are of that.
      if (changed.startsWith('#') || changed.includes('Timestamp,')) return;
      const wanted = (await read(Buffer.from(lines.toSpliced(at, 1).join('\n')), 1 << 20)).reports;
      const found = await read(Buffer.from(lines.toSpliced(at, 1, changed).join('\n'), 'latin1'), 1 << 20);
      expect(missingOf(wanted, found.reports), `line ${at + 1}: ${changed.slice(0, 200)}`).toEqual([]);
    });
  });

  /** The texts of the first list that are not in the second, each as often as it stands there. */
  function missingOf(wanted: readonly string[], found: readonly string[]): readonly string[] {
    const left = [...found];
    return wanted.filter((text) => {
      const index = left.indexOf(text);
      if (index >= 0) left.splice(index, 1);
      return index < 0;
    });
  }
});
