import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Line } from '../../../src/reading/line.ts';
import { type LineOptions, MAX_LINE_BYTES, readLines } from '../../../src/reading/line_reader.ts';
import { tries } from '../../support/effort.ts';

interface Seen {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}
interface Cut {
  readonly hits: Seen[];
  readonly probes: Seen[];
  readonly malformed: Seen[];
  readonly tooLong: Seen[];
  readonly lines: number;
  readonly end: number;
}

/** All batches together; each is looked at before the next is asked for, as its bytes last no longer. */
async function cut(chunks: readonly Uint8Array[], options: LineOptions): Promise<Cut> {
  const all: Cut = { hits: [], probes: [], malformed: [], tooLong: [], lines: 0, end: options.start ?? 0 };
  const seen = ({ offset, length, bytes }: Line): Seen => ({ offset, length, text: bytes.toString('latin1') });
  let { lines, end } = all;
  for await (const batch of readLines(chunks, options)) {
    for (const kind of ['hits', 'probes', 'tooLong'] as const) all[kind].push(...batch[kind].map(seen));
    all.malformed.push(...batch.malformed.kept.map(seen));
    lines += batch.lines;
    expect(batch.end).toBeGreaterThanOrEqual(end);
    end = batch.end;
  }
  return { ...all, lines, end };
}

/** The slow twin: the whole text at once, in latin1, where a character is a byte. */
function slow(text: string, options: LineOptions): Cut {
  const all: Cut = { hits: [], probes: [], malformed: [], tooLong: [], lines: 0, end: 0 };
  const start = options.start ?? 0;
  const pieces = text.split('\n');
  const tail = pieces.pop()!;
  const ended = pieces.map((line) => ({ line, ended: 1 }));
  if (options.tail === 'line' && tail !== '') ended.push({ line: tail, ended: 0 });
  let offset = start;
  let lines = 0;
  for (const { line, ended: newline } of ended) {
    const length = line.length;
    const trimmed = line.replace(/^\xef\xbb\xbf/, '').replace(/^[ \t\r]+|[ \t\r]+$/g, '');
    const place = { offset, length };
    offset += length + newline;
    if (length > options.maxLineBytes) {
      lines++;
      all.tooLong.push({ ...place, text: line.slice(0, options.maxLineBytes) });
      continue;
    }
    if (trimmed === '') continue;
    lines++;
    const whole = /^(?:\{.*\}|\[.*\])$/s.test(trimmed);
    const hit = options.preFilterTokens.some((marker) => line.includes(marker));
    if (!whole) all.malformed.push({ ...place, text: trimmed });
    else if (hit) all.hits.push({ ...place, text: trimmed });
    else if (options.probe?.active) all.probes.push({ ...place, text: trimmed });
  }
  return { ...all, lines, end: offset };
}

/** Cuts bytes at these places. Each piece is a copy of its own. */
function pieces(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((to, i) => Buffer.from(bytes.subarray(cuts[i], to)));
}

const line = fc.oneof(
  fc.constantFrom('', ' ', '\t\r', '\xef\xbb\xbf', '\xef\xbb\xbf ', '{', '}', '[]', '{}', '[{}', '{]', 'x', '\xef\xbb'),
  fc.constantFrom(
    '{"a":1}',
    '{"marker":1}',
    '{"nee":1,"pin":2}',
    '[marker,pin]',
    'marker',
    '{marker',
    ' {"marker"} \r',
    '{markemarker}',
  ),
  fc.constantFrom('\xef\xbb\xbf{"marker":1}', ' \xef\xbb\xbf{}', '{"\xc3\xa4":"marker"}'),
  fc
    .tuple(fc.nat(60), fc.constantFrom('{}', '[]', '  ', 'xx', '{\r'), fc.constantFrom('', 'marker', 'pin'))
    .map(([length, ends, inner]) => `${ends[0]}${'.'.repeat(length)}${inner}${ends[1]}`),
  fc.nat(60).map((length) => ' '.repeat(length)),
);
const contents = fc
  .array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\n\n')), { maxLength: 12 })
  .chain((lines) => fc.tuple(fc.constant(lines), fc.oneof(fc.constant(''), line)))
  .map(([lines, tail]) => `${lines.map((parts) => parts.join('')).join('')}${tail}`);
const options = fc.record({
  preFilterTokens: fc.constantFrom<readonly string[]>(['marker'], ['marker', 'pin'], [], ['pin']),
  maxLineBytes: fc.constantFrom(1, 8, 20, 40, 10_000),
  probe: fc.record({ active: fc.boolean() }),
  start: fc.constantFrom(0, 5, 3_000_000_000),
  tail: fc.constantFrom('line' as const, 'left' as const),
});

describe('readLines(chunks, options)', () => {
  it('agrees with splitting the whole text, wherever the chunks are cut', async () => {
    await fc.assert(
      fc.asyncProperty(contents, fc.array(fc.nat(), { maxLength: 12 }), options, async (text, places, how) => {
        const wanted = slow(text, how);
        expect(await cut(pieces(Buffer.from(text, 'latin1'), places), how)).toEqual(wanted);
      }),
      { numRuns: tries(300, 20_000) },
    );
  });

  it('agrees with it byte by byte', async () => {
    await fc.assert(
      fc.asyncProperty(contents, options, async (text, how) => {
        const bytes = Buffer.from(text, 'latin1');
        const single = Array.from(bytes, (_, i) => Buffer.from(bytes.subarray(i, i + 1)));
        expect(await cut(single, how)).toEqual(slow(text, how));
      }),
      { numRuns: tries(100, 2_000) },
    );
  });

  it('gives offsets and lengths at which the export has the line', async () => {
    const text = '\xef\xbb\xbf{"marker":1}\r\n\n  {"marker":2}\t\nx marker\r\n{"pin":3}\n[marker]';
    const how = { preFilterTokens: ['marker'], maxLineBytes: 100, tail: 'line' } as const;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(text.length), { maxLength: 8 }), async (places) => {
        const { hits, malformed, lines, end } = await cut(pieces(Buffer.from(text, 'latin1'), places), how);
        expect([lines, end]).toEqual([5, text.length]);
        expect(hits.map((hit) => hit.text)).toEqual(['{"marker":1}', '{"marker":2}', '[marker]']);
        for (const { offset, length, text: kept } of [...hits, ...malformed]) {
          expect(
            text
              .slice(offset, offset + length)
              .replace('\xef\xbb\xbf', '')
              .trim(),
          ).toBe(kept);
          expect(offset === 0 || text[offset - 1] === '\n').toBe(true);
          expect([undefined, '\n']).toContain(text[offset + length]);
        }
      }),
    );
  });

  it.each([
    ['line', ['{"marker":1}', '{"marker":2}'], 25],
    ['left', ['{"marker":1}'], 13],
  ] as const)('treats bytes after the last newline as the option tail says: %s', async (tail, texts, end) => {
    const how = { preFilterTokens: ['marker'], maxLineBytes: 100, tail };
    const answer = await cut([Buffer.from('{"marker":1}\n{"marker":2}')], how);
    expect(answer.hits.map(({ text }) => text)).toEqual(texts);
    expect(answer).toMatchObject({ lines: texts.length, end });
  });

  it('asks the probe again for every chunk', async () => {
    const probe = { active: true };
    const how = { preFilterTokens: [], maxLineBytes: 100, tail: 'line', probe } as const;
    const probes: number[] = [];
    for await (const batch of readLines([Buffer.from('{}\n{}\n'), Buffer.from('{}\n{}\n')], how)) {
      probes.push(batch.probes.length);
      probe.active = false;
    }
    expect(probes).toEqual([2, 0, 0]);
  });

  it('keeps what it holds of an open line when the owner fills the chunk again', async () => {
    const memory = Buffer.alloc(4);
    function* refilled(text: string) {
      for (let i = 0; i < text.length; i += 4) {
        memory.fill(0);
        memory.write(text.slice(i, i + 4));
        yield memory.subarray(0, Math.min(4, text.length - i));
      }
    }
    const texts: string[] = [];
    const how = { preFilterTokens: ['marker'], maxLineBytes: 100, tail: 'line' } as const;
    for await (const { hits } of readLines(refilled('{"marker":1}\n{"marker":22}\n{"marker":3}'), how)) {
      texts.push(...hits.map(({ bytes }) => bytes.toString()));
    }
    expect(texts).toEqual(['{"marker":1}', '{"marker":22}', '{"marker":3}']);
  });

  it('does not take a line of exactly maxLineBytes for too long', async () => {
    const of = (length: number) => `{${'.'.repeat(length - 2)}}`;
    const how = { preFilterTokens: [], maxLineBytes: 20, tail: 'line', probe: { active: true } } as const;
    const answer = await cut([Buffer.from(`${of(20)}\n${of(21)}\n${of(20)}`)], how);
    expect(answer.probes.map(({ offset, length }) => [offset, length])).toEqual([
      [0, 20],
      [43, 20],
    ]);
    expect(answer.tooLong).toEqual([{ offset: 21, length: 21, text: of(21).slice(0, 20) }]);
  });

  it.each([16, 1000, 65_536, 6_000_000])(
    'passes over 5 MB of one line and keeps its first 64 KiB, in chunks of %d',
    async (size) => {
      const long = `{"marker":"${'ä'.repeat(size === 16 ? 50_000 : 2_500_000)}"}`;
      const bytes = Buffer.from(`{"marker":1}\n${long}\n{"marker":2}\n`);
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      const maxLineBytes = size === 16 ? 70_000 : MAX_LINE_BYTES;
      const answer = await cut(chunks, { preFilterTokens: ['marker'], maxLineBytes, tail: 'left' });
      expect(answer.hits.map(({ text }) => text)).toEqual(['{"marker":1}', '{"marker":2}']);
      expect(answer).toMatchObject({ lines: 3, end: bytes.length });
      const [letter] = answer.tooLong;
      expect(letter).toMatchObject({ offset: 13, length: Buffer.byteLength(long) });
      expect(letter?.text).toBe(Buffer.from(long).subarray(0, 65_536).toString('latin1'));
    },
  );

  it('holds no more than a line of what never ends', async () => {
    const chunk = Buffer.alloc(1024 * 1024, '.');
    function* endless() {
      for (let i = 0; i < 300; i++) yield chunk;
    }
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    for await (const batch of readLines(endless(), {
      preFilterTokens: ['marker'],
      maxLineBytes: MAX_LINE_BYTES,
      tail: 'left',
    })) {
      expect(batch).toMatchObject({ lines: 0, end: 0 });
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    expect(most).toBeLessThan(20 * 1024 * 1024);
  });

  it('passes on the error of the source', async () => {
    async function* broken() {
      yield Buffer.from('{}\n');
      throw new Error('gone');
    }
    const batches: number[] = [];
    const reading = async () => {
      for await (const { lines } of readLines(broken(), { preFilterTokens: [], maxLineBytes: 10, tail: 'line' }))
        batches.push(lines);
    };
    await expect(reading()).rejects.toThrow('gone');
    expect(batches).toEqual([1]);
  });
});
