import avro from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { avroOf, blockOf, CAPTURE, captured, headerOf, long } from '../../../support/containers/avro.ts';
import { readContents } from '../../../support/containers/contents.ts';

const SOME = { type: 'record', name: 'Some', fields: [{ name: 'text', type: 'string' }] };
const some = (text: string) => ({ text });

/** A positive number as zigzag and varint. */
function zigzag(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let rest = value * 2n; ; rest >>= 7n) {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    if (rest <= 0x7fn) return Buffer.from(bytes);
  }
}

describe('unpacked(avro) of Event Hubs Capture', () => {
  it.each(['null', 'deflate', 'snappy'])('is the messages, with codec %s, in any chunks', async (codec) => {
    const file = avroOf(
      CAPTURE,
      [[captured('{"a":1}'), captured('{"records":[{"b":2}]}')], [], [captured('{"c":3}')]],
      codec,
    );
    for (const chunkBytes of [1, 50, 1024 * 1024]) {
      expect(await readContents(file, chunkBytes)).toEqual({ file: '{"a":1}\n{"records":[{"b":2}]}\n{"c":3}\n' });
    }
  });

  it('makes one line of JSON and of XML that stand on several, and keeps lines of JSON', async () => {
    const messages = ['{\n  "a": 1\n}', '<Event>\r\n<System/></Event>', '{"a":1}\n{"a":2}'];
    expect(await readContents(avroOf(CAPTURE, [messages.map((each, n) => captured(each, n))]))).toEqual({
      file: '{"a":1}\n<Event> <System/></Event>\n{"a":1}\n{"a":2}\n',
    });
  });

  it('makes a line for each record of a list that is longer than half a line may be', async () => {
    const records = Array.from({ length: 700 }, (_, n) => ({ n, text: 'x'.repeat(1000) }));
    const { file } = await readContents(avroOf(CAPTURE, [[captured(JSON.stringify({ records }))]], 'deflate'));
    expect(file).toBe(records.map((each) => `${JSON.stringify(each)}\n`).join(''));
  });

  it('makes a line of an empty message, and leaves bytes that are no UTF-8 as they are', async () => {
    const file = avroOf(CAPTURE, [[captured(null), captured(''), captured(Buffer.from([0x7b, 0xff, 0x7d]))]]);
    // The first is a record without a message.
    expect(await readContents(file)).toEqual({
      file: expect.stringMatching(/^\{"SequenceNumber":0,.+\}\n\{\}\n\{\ufffd\}\n$/),
    });
  });
});

describe('unpacked(avro) of other records', () => {
  it('is their JSON: all types, named types, unions, and numbers beyond 2^53 as digits', async () => {
    const schema = {
      type: 'record',
      name: 'Row',
      namespace: 'example.rows',
      fields: [
        { name: 'none', type: 'null' },
        { name: 'yes', type: 'boolean' },
        { name: 'port', type: ['null', 'int'] },
        { name: 'time', type: { type: 'long', logicalType: 'timestamp-micros' } },
        { name: 'ratio', type: 'float' },
        { name: 'exact', type: 'double' },
        { name: 'raw', type: 'bytes' },
        { name: 'id', type: { type: 'fixed', name: 'Id', size: 4 } },
        { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['TCP', 'UDP'] } },
        { name: 'other', type: 'example.rows.Kind' },
        { name: 'list', type: { type: 'array', items: 'string' } },
        { name: 'map', type: { type: 'map', values: ['null', 'long', 'Id'] } },
        { name: 'next', type: ['null', 'Row'] },
      ],
    };
    const row = {
      none: null,
      yes: true,
      port: { int: 443 },
      time: 1_795_163_472_123_456,
      ratio: 0.5,
      exact: 0.1,
      raw: Buffer.from('{"uniqueEventsAggregated":60}'),
      id: Buffer.from('abcd'),
      kind: 'UDP',
      other: 'TCP',
      list: ['a', 'ü'],
      map: { one: { long: -1 }, two: null, three: { 'example.rows.Id': Buffer.from('wxyz') } },
      next: null,
    };
    const { file } = await readContents(avroOf(schema, [[{ ...row, next: { 'example.rows.Row': row } }]]));
    const plain = {
      ...row,
      port: 443,
      raw: '{"uniqueEventsAggregated":60}',
      id: 'abcd',
      map: { one: -1, two: null, three: 'wxyz' },
    };
    expect(JSON.parse(file as string)).toEqual({ ...plain, next: plain });
  });

  it('writes a number beyond 2^53 as its digits', async () => {
    const schema = { type: 'record', name: 'Row', fields: [{ name: 'ns', type: 'long' }] };
    // Specification, "Binary encoding": -2^63 is 2^64 - 1 in zigzag, nine bytes of seven ones and one more.
    const data = Buffer.concat([zigzag(1_795_163_472_123_456_789n), Buffer.from('ffffffffffffffffff01', 'hex')]);
    const file = Buffer.concat([headerOf({ 'avro.schema': JSON.stringify(schema) }), blockOf(2, data)]);
    expect(await readContents(file)).toEqual({
      file: '{"ns":"1795163472123456789"}\n{"ns":"-9223372036854775808"}\n',
    });
  });

  it('is what avsc reads, for any values', async () => {
    const schema = {
      type: 'record',
      name: 'Row',
      fields: [
        { name: 'long', type: 'long' },
        { name: 'double', type: 'double' },
        { name: 'text', type: 'string' },
        { name: 'list', type: { type: 'array', items: 'int' } },
        { name: 'map', type: { type: 'map', values: 'string' } },
      ],
    };
    const type = avro.Type.forSchema(schema as avro.Schema);
    const row = fc.record({
      // avsc writes no longer ones.
      long: fc.integer({ min: -(2 ** 52), max: 2 ** 52 }),
      double: fc.double({ noNaN: true, noDefaultInfinity: true }),
      text: fc.string({ unit: 'grapheme' }),
      list: fc.array(fc.integer()),
      map: fc.dictionary(
        fc.string().filter((name) => name !== '__proto__'),
        fc.string(),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 5 }), async (rows) => {
        const { file } = await readContents(avroOf(schema, [rows], 'deflate'));
        expect(file).toBe(rows.map((each) => `${JSON.stringify(type.fromBuffer(type.toBuffer(each)))}\n`).join(''));
      }),
      { numRuns: 50 },
    );
  });
});

describe('unpacked(avro) of a damaged file', () => {
  const file = avroOf(SOME, [[some('a'), some('b')], [some('c')], [some('d')]]);
  const text = (...names: string[]) => names.map((name) => `{"text":"${name}"}\n`).join('');

  it.each<[string, Buffer, string, RegExp]>([
    ['no schema', headerOf({ 'avro.codec': 'null' }), '', /its header has no schema/],
    ['a schema that is no JSON', headerOf({ 'avro.schema': 'x' }), '', /its schema is no JSON/],
    ['an unknown type', headerOf({ 'avro.schema': '"example.Missing"' }), '', /a type that it does not define/],
    [
      'a schema without end',
      headerOf({ 'avro.schema': `${'{"type":'.repeat(100)}"int"${'}'.repeat(100)}` }),
      '',
      /nested too deeply/,
    ],
    ['a cut header', file.subarray(0, 50), '', /cut off/],
    [
      'a cut block',
      file.subarray(0, -5),
      text('a', 'b', 'c'),
      /block at byte \d+: it is cut off; the blocks before it are counted/,
    ],
    ['another mark', Buffer.concat([file.subarray(0, -1), Buffer.from('x')]), text('a', 'b', 'c'), /no mark after it/],
    [
      'a block with fewer records',
      Buffer.concat([file, blockOf(9, Buffer.from('\x02e')), blockOf(1, Buffer.from('\x02f'))]),
      text('a', 'b', 'c', 'd', 'e', 'f'),
      /fewer records than it declares; the other blocks are counted/,
    ],
    [
      'a block with more bytes',
      Buffer.concat([file, blockOf(1, Buffer.from('\x02e\x02')), blockOf(1, Buffer.from('\x02f'))]),
      text('a', 'b', 'c', 'd', 'e', 'f'),
      /more bytes than its records have/,
    ],
    [
      'a value that is cut off',
      Buffer.concat([file, blockOf(1, Buffer.from('\x7fe')), blockOf(1, Buffer.from('\x02f'))]),
      text('a', 'b', 'c', 'd', 'f'),
      /a value is cut off/,
    ],
    [
      'a block of 65 MiB',
      Buffer.concat([file, long(1), long(65 * 1024 * 1024)]),
      text('a', 'b', 'c', 'd'),
      /a block of more than 64 MiB/,
    ],
    [
      'an unknown codec',
      headerOf({ 'avro.codec': 'xz', 'avro.schema': '"int"' }),
      '',
      /a codec other than deflate and snappy/,
    ],
  ])('with %s keeps the records before and after, and names the place', async (_, bytes, expected, message) => {
    const { file: found } = await readContents(bytes);
    expect(found).toEqual({ text: expected, error: expect.stringMatching(message) });
  });

  it('with a block that does not unpack reads the others', async () => {
    for (const codec of ['deflate', 'snappy']) {
      const header = avroOf(SOME, [[some('a')]], codec);
      const bad = blockOf(1, Buffer.from('ffffffffffffff', 'hex'));
      const after = avroOf(SOME, [[some('b')]], codec).subarray(avroOf(SOME, [], codec).length);
      const { file: found } = await readContents(Buffer.concat([header, bad, after]));
      expect(found).toEqual({ text: text('a', 'b'), error: expect.stringMatching(/the other blocks are counted/) });
    }
  });

  it('with a block that unpacks to more than 64 MiB skips it', async () => {
    const bomb = avroOf(SOME, [[some('x'.repeat(65 * 1024 * 1024))], [some('b')]], 'deflate');
    expect(await readContents(bomb)).toMatchObject({ file: { text: text('b') } });
  });

  it('never throws anything else, and ends, whatever byte is changed', async () => {
    const [none, first, whole] = [0, 1, 2].map((count) =>
      avroOf(CAPTURE, [[captured('{"a":1}')], [captured('{"b":2}')]].slice(0, count), 'deflate'),
    ) as [Buffer, Buffer, Buffer];
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (place, change) => {
        const bytes = Buffer.from(whole);
        bytes[place] = (bytes[place] as number) ^ change;
        const found = JSON.stringify(await readContents(bytes));
        // A change in the data of the first block: its count and its size are three bytes, its mark 16.
        const isInData = place >= none.length + 3 && place < first.length - 16;
        expect(found.includes('{\\"b\\":2}') || !isInData).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
