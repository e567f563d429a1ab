import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PartQueue } from '../../../src/cli/part_queue.ts';
import { readParts } from '../../../src/cli/read_parts.ts';
import { startThread } from '../../../src/cli/start_thread.ts';
import { beaconwatch } from '../../support/cli/beaconwatch.ts';
import { avroOf, CAPTURE, captured } from '../../support/containers/avro.ts';
import { zipOf } from '../../support/containers/zip.ts';
import { tries } from '../../support/effort.ts';
import { propertiesOf, type Row, streamed } from '../core/records/records.ts';

const NOON = Date.UTC(2026, 10, 20, 12);
const NOW = new Date(NOON).toISOString();
const HOUR_MS = 3_600_000;
const FORMATS = fileURLToPath(new URL('../../fixtures/formats/', import.meta.url));

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** How many parts the other threads have read. */
let partsOfOthers = 0;
/** Threads of their own start too late to read anything of small files. These here take turns with the first one. */
const takingTurns: typeof startThread = async (task, queue) => {
  await turn();
  const onRead = (bytes: number) => queue.addBytes(bytes);
  const read = await readParts(structuredClone(task), new PartQueue(queue.shared), onRead, turn);
  if (read.ok) partsOfOthers += read.parts.length;
  return structuredClone(read, { transfer: read.ok ? read.runs.bytes.blocks.map(({ buffer }) => buffer) : [] });
};

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'beaconwatch-threads-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Reports of a group, an hour apart; those of `hash` differ in facts that are no part of their identity. */
interface Reports {
  readonly group: number;
  readonly count: number;
  readonly from: number;
  readonly hours: number;
  readonly hash: number;
}

function rowsOf({ group, count, from, hours, hash }: Reports): Row[] {
  return Array.from({ length: hours }, (_, n) =>
    propertiesOf({
      DeviceName: `wks-${group % 4}`,
      DeviceId: `${group % 4}`,
      InitiatingProcessFileName: `p${group % 3}.exe`,
      RemoteIP: `203.0.113.${group % 5}`,
      RemoteUrl: hash === 0 ? null : `h${hash}.example`,
      InitiatingProcessSHA1: `${hash}`.repeat(40),
      ReportId: from - n,
      AdditionalFields: `{"uniqueEventsAggregated":${count}}`,
      Timestamp: new Date(NOON - (from - n) * HOUR_MS + 60_000).toISOString(),
    }),
  );
}

const lines = (rows: readonly Row[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const inEnvelope = (rows: readonly Row[]) => lines(rows.map((row) => streamed(row)));

function csvOf(rows: readonly Row[], time: (timestamp: string) => string = (text) => text): string {
  const cell = (value: unknown) => `"${String(value ?? '').replaceAll('"', '""')}"`;
  const dated = rows.map((row) => ({ ...row, Timestamp: time(row['Timestamp'] as string) }));
  const columns = Object.keys(dated[0] ?? { a: 0 });
  return [columns.join(','), ...dated.map((row) => columns.map((column) => cell((row as Row)[column])).join(','))].join(
    '\r\n',
  );
}
/** Day first: the order shows in days above 12 alone. */
const dayFirst = (text: string) => `${text.slice(8, 10)}/${text.slice(5, 7)}/${text.slice(0, 4)} ${text.slice(11, 19)}`;

const UNKNOWN = '{"kind":"ConnectionSuccessAggregatedReport","host":"wks-0417"}\n';

/** Kinds of files: the end of the name, and the content. */
const KINDS: Readonly<Record<string, (rows: Row[], all: string) => readonly [end: string, content: string | Buffer]>> =
  {
    lines: (_, all) => ['.json', all],
    envelope: (rows) => ['.json', inEnvelope(rows)],
    gzip: (_, all) => ['.json.gz', gzipSync(all)],
    csv: (rows) => ['.csv', csvOf(rows)],
    'day-first': (rows) => ['.csv', csvOf(rows, dayFirst)],
    'windows-1252': (rows) => ['.csv', Buffer.from(csvOf(rows).replaceAll('p1.exe', 'pé.exe'), 'latin1')],
    'no-column': (rows) => ['.csv', csvOf(rows.map(({ RemoteIP: _ip, ...row }) => row))],
    zip: (_, all) => [
      '.zip',
      zipOf([
        { name: 'a.json', content: all },
        { name: '_left.json', content: all },
        { name: 'b.json', content: gzipSync(all) },
        { name: 'c.txt', content: 'no records\n' },
      ]),
    ],
    avro: (_, all) => ['.avro', avroOf(CAPTURE, [[captured(Buffer.from(all))]])],
    'cut-gzip': (_, all) => ['.gz', gzipSync(all).subarray(0, -9)],
    'dead-letters': (_, all) => ['.json', `${all}{"ActionType":"ConnectionSuccessAggregatedReport"\n[]\nno\n`],
    unreadable: (rows) => ['.json', lines(rows.map((row) => ({ ...row, Timestamp: 'never', RemoteIP: 7 })))],
    raw: (rows) => ['.json', lines(rows.map((row) => ({ ...row, ActionType: 'ConnectionSuccess' })))],
    text: () => ['.txt', 'not a table\n'.repeat(9)],
    empty: () => ['.json', ''],
    'unknown-shape': (_, all) => ['.json', UNKNOWN + all],
    '7z': () => ['.7z', Buffer.from('377abcaf271c0004', 'hex')],
    ...Object.fromEntries(
      readdirSync(FORMATS)
        .filter((name) => !name.endsWith('.mjs'))
        .map((name) => [name, () => [name, readFileSync(join(FORMATS, name))] as const]),
    ),
  };

const reports = fc.record({
  // Few, so that files repeat reports.
  group: fc.oneof(fc.constant(1), fc.nat(11)),
  count: fc.constantFrom(60, 60, 60, 60, 60, 75),
  // Also from before the window, and later than the clock.
  from: fc.constantFrom(71, 71, 71, 71, 40, 200, 600, 3),
  hours: fc.integer({ min: 1, max: 70 }),
  hash: fc.nat(3),
});
const file = fc.record({
  kind: fc.oneof(fc.constantFrom(...Object.keys(KINDS)), fc.constantFrom('lines', 'envelope', 'gzip', 'csv')),
  blocks: fc.array(reports, { minLength: 1, maxLength: 4 }),
});
const options = fc.constantFrom<readonly string[]>(
  [],
  ['--format', 'json'],
  ['--format', 'csv', '--detector', 'all'],
  ['--format', 'json', '--detector', 'all'],
  ['--detector', 'regularity'],
  ['--common'],
  ['--explain'],
  ['--html', 'HTML'],
  ['--grain', 'report', '--series', '--format', 'json'],
  ['--from', '2026-11-19T12:00:00Z', '--to', NOW, '--every', '6h'],
  ['--set', 'SOURCES=defender,sysmon,wfp,zeek,defender-raw'],
  ['--set', 'SOURCES=sysmon', '--bin', '5m', '--detector', 'all', '--format', 'json'],
  ['--dates', 'month-first'],
);

/** All that a user sees of a call. */
async function seen(folder: string, args: readonly string[], threads: number, start = takingTurns) {
  const html = join(root, 'report.html');
  const given = args.map((arg) => (arg === 'HTML' ? html : arg));
  const now = args.includes('--from') ? [] : ['--now', NOW];
  const call = ['score', folder, ...now, ...given, '--threads', `${threads}`];
  const { code, stdout, stderr } = await beaconwatch(call, { startThread: start });
  const page = args.includes('HTML') && code === 0 ? readFileSync(html, 'utf8').replaceAll(/[\d.]+ s\b/g, '') : '';
  return { code, stdout, stderr: stderr.replaceAll(/, [\d.]+ s\n/g, '\n'), page };
}

function folderOf(files: readonly { readonly kind: string; readonly blocks: readonly Reports[] }[]): string {
  const folder = mkdtempSync(join(root, 'files-'));
  for (const [n, { kind, blocks }] of files.entries()) {
    const rows = blocks.flatMap(rowsOf);
    const [end, content] = (KINDS[kind] as (typeof KINDS)[string])(rows, lines(rows));
    writeFileSync(join(folder, `${String(n).padStart(3, '0')}${end}`), content);
  }
  return folder;
}

describe('score --threads', () => {
  it('prints for several threads what it prints for one: rows, messages, their order, exit code, page', async () => {
    partsOfOthers = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(file, { minLength: 2, maxLength: 14 }),
        options,
        fc.integer({ min: 2, max: 4 }),
        async (files, args, threads) => {
          const folder = folderOf(files);
          const one = await seen(folder, args, 1);
          expect(await seen(folder, args, threads)).toEqual(one);
          rmSync(folder, { recursive: true });
        },
      ),
      { seed: 20_261_130, numRuns: tries(20, 1500) },
    );
    // The others did take part.
    expect(partsOfOthers).toBeGreaterThan(20);
  });

  const named: readonly (readonly [what: string, kind: string, args: readonly string[], text: string])[] = [
    [
      'the first record of an unknown shape',
      'unknown-shape',
      [],
      'in a shape that no format knows; the first is of defender',
    ],
    ['files in Windows-1252', 'windows-1252', [], 'read as Windows-1252, because the bytes are not UTF-8: '],
    ['members that are skipped', 'zip', [], '› _left.json, '],
    [
      'the newest report, where none is in the window',
      'lines',
      ['--to', '2026-10-02', '--from', '2026-10-01'],
      'is of 2026-11-',
    ],
    ['more files with a problem than are listed', 'unreadable', [], '24 files without a readable record in total'],
    ['of repeated reports the last', 'lines', ['--detector', 'all', '--format', 'json'], 'h23.example'],
    ['dates that are not of the order given', 'day-first', ['--dates', 'month-first'], 'without a readable record'],
    ['dead letters, of which the first are listed', 'dead-letters', [], 'dead letters by reason: '],
  ];
  it.each(named)('names as one thread does: %s', async (_, kind, args, text) => {
    const blocks = [{ group: 1, count: 60, from: 71, hours: 12, hash: 0 }];
    const folder = folderOf(
      Array.from({ length: 24 }, (_file, n) => ({
        kind,
        blocks: blocks.map((each) => ({ ...each, from: 71 - (n % 2), hash: n })),
      })),
    );
    const one = await seen(folder, args, 1);
    expect(one.stdout + one.stderr).toContain(text);
    expect(await seen(folder, args, 3)).toEqual(one);
  });

  it('prints no rows, and exits with 1, where a thread ends too early', async () => {
    const block = { group: 1, count: 60, from: 71, hours: 70, hash: 0 };
    const folder = folderOf(['lines', 'csv', 'gzip', 'envelope'].map((kind) => ({ kind, blocks: [block] })));
    const program = new URL('data:text/javascript,process.exit(7)');
    const ending: typeof startThread = (task, queue) => startThread(task, queue, program);
    const { code, stdout, stderr } = await seen(folder, ['--format', 'json'], 2, ending);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      'a thread that reads files has ended (exit code 7), so nothing is scored: try again with --threads 1\n',
    );
    expect(await seen(folder, ['--format', 'json'], 2)).toMatchObject({ code: 0 });
  });
});
