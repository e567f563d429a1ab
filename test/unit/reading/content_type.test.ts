import { Buffer } from 'node:buffer';
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentKindOf, HEAD_BYTES } from '../../../src/reading/content_type.ts';
import { readCsv } from '../../../src/reading/csv_reader.ts';
import { readContent } from '../../../src/reading/file_reader.ts';
import { readJson } from '../../../src/reading/json_reader.ts';
import type { Line } from '../../../src/reading/line.ts';
import { LONG, tries } from '../../support/effort.ts';

const MAX = 4_000;

const OPTIONS = { preFilterTokens: [], maxLineBytes: MAX, tail: 'line', probe: { active: true } } as const;

type Reader = typeof readContent | typeof readJson | typeof readCsv;

/** What a file holds, read in chunks of that many bytes, each overwritten as soon as the next one is asked for. */
async function read(text: string | Buffer, chunkBytes = 1 << 16, reader?: Reader) {
  const bytes = Buffer.from(text);
  // Not through readContent, which makes one chunk of the first 16 KiB.
  const readFile = reader ?? (contentKindOf(bytes) === 'csv' ? readCsv : readJson);
  async function* chunks() {
    const window = Buffer.alloc(chunkBytes);
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      const length = bytes.copy(window, 0, at, at + chunkBytes);
      yield window.subarray(0, length);
      window.fill(0);
    }
  }
  const found = {
    hits: [] as string[],
    malformed: [] as string[],
    tooLong: [] as [number, number][],
    lines: 0,
    end: 0,
  };
  const places: [number, number][] = [];
  for await (const batch of readFile(chunks(), OPTIONS)) {
    for (const line of [...batch.hits, ...batch.probes]) {
      found.hits.push(line.bytes.toString());
      places.push(placeOf(line));
    }
    found.malformed.push(
      ...batch.malformed.kept.map(({ offset, length }) => bytes.toString('utf8', offset, offset + length)),
    );
    found.tooLong.push(...batch.tooLong.map(placeOf));
    found.lines += batch.lines;
    found.end = batch.end;
  }
  return { ...found, places, at: places.map(([offset, length]) => bytes.toString('utf8', offset, offset + length)) };
}

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

async function heldBytes(): Promise<number> {
  collectGarbage();
  // What is garbage is given back a moment later.
  await setTimeout(20);
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

const placeOf = ({ offset, length }: Line): [number, number] => [offset, length];

describe('contentKindOf(head)', () => {
  it.each([
    ['{"a":1}\n{"b":2}\n', 'lines'],
    ['{"records":[{"a":1}]}\r\n', 'lines'],
    ['[{"a":1}]\n', 'lines'],
    ['{"cut off":"\n{"b":2}\n', 'lines'],
    ['{"cut off\n{"b":2}\n', 'lines'],
    ['{"a":[1,2\n{"b":2}\n', 'lines'],
    ['{\n  "a": 1\n}\n', 'json'],
    ['[\r\n  {\r\n', 'json'],
    ['[{\n', 'json'],
    ['[\n{"a":1},\n', 'json'],
    ['[{"a":1},\n{"b":2}]\n', 'json'],
    ['[{"a":1}\n,{"b":2}]\n', 'json'],
    ['{"records":[{"a":[1]},\r\n{"b":2}]}\n', 'json'],
    ['{ "records" : [ {"a":1} ,\n', 'json'],
    ['{"records":[{"a":1}],"b":{}}\n', 'lines'],
    ['{"a":[{"b":1},\n', 'lines'],
    ['{\n{"a":1}\n', 'lines'],
    ['{\n}\n', 'lines'],
    ['{"records":[{"a":1},{"b":"[x",\n{"c":3}\n', 'lines'],
    ['["Aggregated",]\n}\n}\n', 'lines'],
    ['{"records":[{"a":\n{"b":1}\r\n{"c":', 'lines'],
    ['{"records":[{"a":\n{"b":1},\n{"c":', 'lines'],
    ['{"records":[{"a":\n{"b":1},\n"c":{\n}}', 'json'],
    ['{"records":[{"a":"{\\"\n[{"b":1}]\n}\n', 'lines'],
    ['{"records":[{"a":1},\n[{"b":1}]\n]}\n', 'json'],
    ['{"Results":[{"a":"["\n}]}\n', 'json'],
    ['[\n{"a":1}\n]\n', 'json'],
    ['[\n{"a":1}\n{"b":2}\n', 'lines'],
    ['{\n  "a":\n{"b":1}\n}\n', 'json'],
    ['\ufeff\n {"records": [\n', 'json'],
    ['{ "records" : [ {\n', 'json'],
    ['{', 'lines'],
    ['', 'lines'],
    ['\x1f\x8b\x08', 'lines'],
    ['Timestamp,DeviceName,ActionType,RemoteIP\n', 'csv'],
    ['\ufeff"RemoteIP","ActionType"\r\n', 'csv'],
    ['Timestamp;ActionType;RemoteIP\n', 'csv'],
    ['"ActionType"\t"RemoteIP"\n', 'csv'],
    ['Timestamp|ActionType|RemoteIP\n', 'lines'],
    ['ActionType;x,RemoteIP\n', 'lines'],
    // Not UTF-16: that begins with two bytes, which in UTF-8 are none.
    ['\u00ff\u00fe{}\n', 'lines'],
    ['Timestamp,DeviceName\n', 'lines'],
  ])('%j is %s', (text, kind) => {
    expect(contentKindOf(Buffer.from(text))).toBe(kind);
  });

  it('knows gzip by its first two bytes', () => {
    expect(contentKindOf(Uint8Array.of(0x1f, 0x8b, 8))).toBe('gzip');
    expect(contentKindOf(Uint8Array.of(0x1f))).toBe('lines');
  });

  it('knows UTF-16 by its byte order mark', () => {
    expect(contentKindOf(Uint8Array.of(0xff, 0xfe, 0x7b, 0))).toBe('utf-16');
    expect(contentKindOf(Uint8Array.of(0xfe, 0xff))).toBe('utf-16');
    expect(contentKindOf(Uint8Array.of(0xff))).toBe('lines');
  });
});

describe('readContent(chunks)', () => {
  const records = Array.from({ length: 2_000 }, (_, n) => ({
    ActionType: `a${n}`,
    RemoteIP: '',
    Text: 'ä"\\\n'.repeat(n % 9),
  }));
  const csv = (delimiter: string) => [
    ['ActionType', 'RemoteIP', 'Text'].join(delimiter),
    ...records.map(({ ActionType, Text }) => [ActionType, '', `"${Text.replaceAll('"', '""')}"`].join(delimiter)),
  ];
  /** A byte order mark, and two bytes a unit. */
  const inUtf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');

  it.each<[string, string, string[]?]>([
    ['lines', records.map((record) => `${JSON.stringify(record)}\n`).join('')],
    ['an array', JSON.stringify(records, null, 1)],
    ['CSV', `${csv(',').join('\r\n')}\r\n`, csv(',')],
    ['CSV with semicolons', `${csv(';').join('\r\n')}\r\n`, csv(';')],
    ['CSV with tabs', `${csv('\t').join('\r\n')}\r\n`, csv('\t')],
  ])('gives the records of %s, whatever their form and the chunks, with their places', async (_, text, rows) => {
    expect(text.length).toBeGreaterThan(3 * HEAD_BYTES);
    for (const chunkBytes of [1_001, HEAD_BYTES + 1, ...(LONG ? [HEAD_BYTES, 1 << 20] : [])]) {
      const found = await read(text, chunkBytes, readContent);
      expect(found.malformed).toEqual([]);
      expect(found.hits.map((hit) => JSON.parse(hit))).toEqual(records);
      expect(found.at.map((row) => row.trim())).toEqual(rows ? rows.slice(1) : found.hits);
      // Of UTF-16 the places are those that the text has as UTF-8.
      for (const bytes of [inUtf16(text), inUtf16(text).swap16()]) {
        const { hits, places, malformed } = await read(bytes, chunkBytes, readContent);
        expect({ hits, places, malformed }).toEqual({ hits: found.hits, places: found.places, malformed: [] });
      }
    }
  });
});

describe('JSON over several lines', () => {
  const anyRecord = fc.dictionary(
    fc.string({ unit: 'binary' }).map((name) => name.toWellFormed()),
    fc.jsonValue({ maxDepth: 2, stringUnit: 'binary' }),
    { minKeys: 1, maxKeys: 4 },
  );
  const wrapped = fc.constantFrom<[string, (records: readonly object[], indent: number | string) => string]>(
    ['array', (records, indent) => JSON.stringify(records, null, indent)],
    ['records', (records, indent) => JSON.stringify({ records }, null, indent)],
    [
      'records and more',
      (records, indent) => JSON.stringify({ records, count: 3, next: { records: [1, '}]'], a: [] } }, null, indent),
    ],
    ['objects', (records, indent) => records.map((record) => `${JSON.stringify(record, null, indent)}\n`).join('')],
    ['a line each', (records) => `[\n${records.map((record) => JSON.stringify(record)).join(',\n')}\n]`],
  );

  it('gives the records that JSON.parse gives, each with its place, in whatever chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyRecord, { minLength: 1, maxLength: 6 }),
        wrapped,
        fc.constantFrom(1, 2, '\t', '  \r\n'.slice(0, 2)),
        fc.integer({ min: 1, max: 300 }),
        async (records, [shape, write], indent, chunkBytes) => {
          // A record that has a list of records itself is one that holds them.
          fc.pre(shape !== 'objects' || records.every((record) => !Array.isArray(record['records'])));
          const wanted = JSON.parse(JSON.stringify(records));
          const text = write(records, indent);
          const { hits, at, malformed, lines, end } = await read(text, chunkBytes);
          expect(malformed).toEqual([]);
          expect(hits.map((hit) => JSON.parse(hit))).toEqual(wanted);
          expect(at).toEqual(hits);
          expect({ lines, end }).toEqual({ lines: records.length, end: Buffer.byteLength(text) });
        },
      ),
      { numRuns: tries(60, 1_000) },
    );
  });

  it.each([
    ['an array', '[', ']'],
    ['records', '{"records":[', ']}'],
    ['an array behind a byte order mark', '\ufeff [', ' ]'],
  ])('reads a list in one line that is longer than a line may be: %s', async (_, open, close) => {
    const records = Array.from({ length: 3_000 }, (_, i) => `{"a":${i}}`);
    for (const end of ['', '\n', '\r\n[{"b":1}]\n']) {
      for (const chunkBytes of [7, 1_000, 1 << 20]) {
        const { hits, malformed, tooLong } = await read(
          `${open}${records.join(',')}${close}${end}`,
          chunkBytes,
          readContent,
        );
        expect(hits).toEqual(end.includes('b') ? [...records, '{"b":1}'] : records);
        expect({ malformed, tooLong }).toEqual({ malformed: [], tooLong: [] });
      }
    }
  });

  it('takes a list that fits into a line as the line that it is', async () => {
    const text = `[${'{"a":1},'.repeat(400)}{}]`;
    expect((await read(`${text}\n${text}`, 1000, readContent)).hits).toEqual([text, text]);
    expect((await read(text, 1000, readContent)).hits).toEqual([text]);
  });

  it('lets no record that is none stop the others', async () => {
    const text = '[\n  {"a": 1},\n  {"b": no},\n  7,\n  "te,xt",\n  [1, [2]],\n  null,\n  {"d": 4}\n]\n}]\n{"e": 5}';
    for (const chunkBytes of [1, 3, 100]) {
      expect(await read(text, chunkBytes)).toMatchObject({
        hits: ['{"a": 1}', '{"b": no}', '{"d": 4}', '{"e": 5}'],
        malformed: ['7', '"te,xt"', '[1, [2]]', 'null', '}', ']'],
        lines: 10,
      });
    }
  });

  it('takes a name that ends like records for what it is', async () => {
    for (const name of ['a\\"records', 'xrecords', 'Records']) {
      const text = `{\n  "${name}": [{"b": 1}]\n}\n`;
      expect(await read(text, 5)).toMatchObject({ hits: [text.trim()], lines: 1 });
    }
    const spaced = '{\n  "records"\r\n : \t [{"b": 1}]\n}\n';
    expect(await read(spaced, 5)).toMatchObject({ hits: ['{"b": 1}'], lines: 1 });
  });

  it('names what is cut off, in a record or between two', async () => {
    const inside = '[\n  {"a": 1},\n  {"b": [1,';
    expect(await read(inside)).toMatchObject({ hits: ['{"a": 1}'], malformed: ['{"b": [1,'], lines: 2 });
    expect(await read('{\n"records": [\n  {"a": 1},\n')).toMatchObject({
      hits: ['{"a": 1}'],
      malformed: [''],
      lines: 2,
    });
  });

  it.each([7, 1 << 16])(
    'passes over a record that is too long, in chunks of %d, and names its place',
    async (chunkBytes) => {
      const long = `{"a": "${'x'.repeat(MAX)}"}`;
      const text = `[\n  {"b": 1},\n  ${long},\n  {"c": 1}\n]\n`;
      expect(await read(text, chunkBytes)).toMatchObject({
        hits: ['{"b": 1}', '{"c": 1}'],
        tooLong: [[text.indexOf(long), long.length]],
      });
      const exact = `{"a": "${'x'.repeat(MAX - 9)}"}`;
      expect(await read(`[\n${exact}\n]`, chunkBytes)).toMatchObject({ hits: [exact], tooLong: [] });
    },
  );

  it('closes its source when it is left early', async () => {
    let closed = false;
    async function* source() {
      try {
        for (;;) yield Buffer.from('[\n{"a":1},\n');
      } finally {
        closed = true;
      }
    }
    for await (const _ of readContent(source(), OPTIONS)) break;
    expect(closed).toBe(true);
  });
});

describe('CSV', () => {
  const HEADER = 'ActionType,RemoteIP,AdditionalFields,Text';

  it('gives each row as a JSON object, with its place', async () => {
    const rows = ['A,203.0.113.1,"{""n"":60}",', '"B ""b""",203.0.113.2,,"two\r\nlines, ä"', '', 'C,,, x '];
    const { hits, at, malformed, lines } = await read(`\ufeff${HEADER}\r\n${rows.join('\r\n')}\r\n`, 5);
    expect(hits.map((hit) => JSON.parse(hit))).toEqual([
      { ActionType: 'A', RemoteIP: '203.0.113.1', AdditionalFields: '{"n":60}', Text: '' },
      { ActionType: 'B "b"', RemoteIP: '203.0.113.2', AdditionalFields: '', Text: 'two\r\nlines, ä' },
      { ActionType: 'C', RemoteIP: '', AdditionalFields: '', Text: ' x ' },
    ]);
    expect({ at: at.map((text) => text.trim()), malformed, lines }).toEqual({
      at: rows.filter((row) => row !== '').map((row) => row.trim()),
      malformed: [],
      lines: 3,
    });
  });

  it('takes either line end, whichever comes first', async () => {
    const row = 'A,203.0.113.1,"{""n"":60}","x"';
    for (const text of [
      `\r\n${HEADER}\n${row}\n${row}\n`,
      `${HEADER}\n${row}\r\n${row}`,
      `${HEADER}\r\n${row}\n${row}`,
    ]) {
      const { hits, malformed } = await read(text, 5);
      expect(hits.map((hit) => JSON.parse(hit).Text)).toEqual(['x', 'x']);
      expect(malformed).toEqual([]);
    }
  });

  it('names rows with more or fewer cells than the header, and goes on', async () => {
    expect(await read(`${HEADER}\nA,b\nA,b,c,d,e\nA,b,c,d\n`)).toMatchObject({
      malformed: ['A,b\n', 'A,b,c,d,e\n'],
      lines: 3,
    });
  });

  it.each([7, 100, 1 << 16])('goes on behind a line that begins no row, in chunks of %d', async (chunkBytes) => {
    const good = (n: number) => `A,b${n},"{""n"":60}",d\n`;
    const long = 'x'.repeat(MAX);
    const text = [
      `${HEADER}\n`,
      good(1),
      // A quote that opens in the midst, one that closes there, one that does not close, one too many.
      'A,b"c,d,e\n',
      good(2),
      'A,"b"c,d,e\n',
      'A,"b,c,d\n',
      good(3),
      `\n\n${good(4)}`,
      // Twice with lines of its own, once with the right number of cells in one of them.
      'A,"b\nc\n",d\n',
      good(5),
      'A,b"c\n',
      `A,"${long}\n`,
      good(6),
      `A,${','.repeat(3 * MAX)}\n`,
      good(7),
      'A,"b,c,d\n',
    ].join('');
    const { hits, malformed, tooLong, lines, end } = await read(text, chunkBytes);
    expect(hits.map((hit) => JSON.parse(hit).RemoteIP)).toEqual(['b1', 'b2', 'b3', 'b4', 'b5', 'b6', 'b7']);
    expect(malformed).toEqual([
      'A,b"c,d,e\n',
      'A,"b"c,d,e\n',
      'A,"b,c,d\n',
      'A,"b\n',
      'c\n',
      '",d\n',
      'A,b"c\n',
      'A,"b,c,d\n',
    ]);
    expect(tooLong).toEqual([
      [text.indexOf(`A,"${long}`), MAX + 4],
      [text.indexOf('A,,'), 3 * MAX + 3],
    ]);
    expect({ lines, end }).toEqual({ lines: 17, end: text.length });
  });

  it('gives a row as long as may be, and none that is longer, whatever the chunks', async () => {
    const row = (length: number, cells = 'A,b,c,') => `${cells.padEnd(length - 1, 'x')}\n`;
    const text = (long: string) => `${HEADER}\n\n${long}A,b,c,d\n`;
    for (let chunkBytes = MAX - 40; chunkBytes < MAX + 60; chunkBytes += tries(7, 1)) {
      expect(await read(text(row(MAX)), chunkBytes)).toMatchObject({ malformed: [], tooLong: [], lines: 2 });
      const tooLong = [[HEADER.length + 2, MAX + 1]];
      expect(await read(text(row(MAX + 1)), chunkBytes)).toMatchObject({ malformed: [], tooLong, lines: 2 });
      const noRow = row(MAX, 'A,b,');
      expect(await read(text(noRow), chunkBytes)).toMatchObject({ malformed: [noRow], tooLong: [], lines: 2 });
    }
  });

  it('holds no more than a chunk and a line, however long a quote stays open', async () => {
    const before = await heldBytes();
    const held: number[] = [];
    async function* chunks() {
      yield Buffer.from(`${HEADER}\nA,"`);
      for (let i = 0; i < 200; i++) {
        yield Buffer.alloc(50_000, i % 40 === 39 ? '\n' : 'x');
        if (i % 40 === 20) held.push((await heldBytes()) - before);
      }
    }
    let tooLong = 0;
    for await (const batch of readCsv(chunks(), OPTIONS)) tooLong += batch.tooLong.length;
    expect({ tooLong, held: held.filter((bytes) => bytes > 500_000) }).toEqual({ tooLong: 5, held: [] });
  });

  it('names a row that is no UTF-8', async () => {
    const text = Buffer.concat([Buffer.from(`${HEADER}\nA,b,c,`), Buffer.of(0xe4), Buffer.from('\nA,b,c,d\n')]);
    const faults: (string | undefined)[] = [];
    for await (const { malformed } of readCsv([text], OPTIONS))
      faults.push(...malformed.kept.map(({ fault }) => fault));
    expect(faults).toEqual(['bad-utf8']);
  });

  it('throws for a header that is none', async () => {
    await expect(read(`${HEADER},"x\nA,b,c,d\n`, 100)).rejects.toMatchObject({ code: 'CSV_HEADER' });
    await expect(read(`${HEADER},x"x\nA,b,c,d\n`, 100)).rejects.toMatchObject({ code: 'CSV_HEADER' });
  });

  it('gives every row but those that a broken byte is in', async () => {
    // What begins with a comma or a line end, quoted, may as well be the end of a quote that was open before.
    const cell = fc
      .string({ unit: fc.constantFrom('a', 'ä', '"', ',', '\n', '\r\n', ' ', '{') })
      .filter((text) => !/^"*[,\r\n]/.test(text));
    const table = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 8 });
    const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.nat(),
        fc.oneof(fc.constantFrom(...Buffer.from('",\r\n')), fc.integer({ min: 0, max: 255 })),
        fc.integer({ min: 1, max: 99 }),
        async (rows, place, byte, chunkBytes) => {
          // The number makes each row unique.
          const lines = rows.map((cells, n) => Buffer.from(`${[`${n}`, ...cells].map(quoted).join(',')}\r\n`));
          const header = Buffer.from('ActionType,RemoteIP,Text,More\r\n');
          const text = Buffer.concat([header, ...lines]);
          const at = header.length + (place % (text.length - header.length));
          text[at] = byte;
          const damaged = new Set<number>();
          let offset = header.length;
          for (const [n, { length }] of lines.entries()) {
            if (at >= offset && at < offset + length) damaged.add(n);
            // Without its end a row is one with the next.
            if (at === offset + length - 1) damaged.add(n + 1);
            offset += length;
          }
          const { hits } = await read(text, chunkBytes);
          const found = new Set(hits.map((hit) => JSON.stringify(Object.values(JSON.parse(hit)))));
          for (const [n, cells] of rows.entries()) {
            if (!damaged.has(n)) expect(found).toContain(JSON.stringify([`${n}`, ...cells]));
          }
        },
      ),
      { numRuns: tries(200, 10_000) },
    );
  });

  it('gives any table back', async () => {
    const cell = fc.string({ unit: 'binary' }).map((text) => text.toWellFormed());
    const quoted = (cells: readonly string[]) => cells.map((text) => `"${text.replaceAll('"', '""')}"`).join(',');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell)), fc.integer({ min: 1, max: 99 }), async (rows, chunkBytes) => {
        const text = ['"ActionType","RemoteIP"', ...rows.map(quoted)].join('\r\n');
        const { hits } = await read(`${text}\r\n`, chunkBytes);
        expect(hits.map((hit) => Object.values(JSON.parse(hit)))).toEqual(rows);
      }),
    );
  });
});
