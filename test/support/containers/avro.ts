import { crc32, deflateRawSync } from 'node:zlib';
import avro from 'avsc';

/** The schema of Event Hubs Capture, as Microsoft documents it ("Exploring the captured files and working with Avro"). */
export const CAPTURE = {
  type: 'record',
  name: 'EventData',
  namespace: 'Microsoft.ServiceBus.Messaging',
  fields: [
    { name: 'SequenceNumber', type: 'long' },
    { name: 'Offset', type: 'string' },
    { name: 'EnqueuedTimeUtc', type: 'string' },
    { name: 'SystemProperties', type: { type: 'map', values: ['long', 'double', 'string', 'bytes'] } },
    { name: 'Properties', type: { type: 'map', values: ['long', 'double', 'string', 'bytes', 'null'] } },
    { name: 'Body', type: ['null', 'bytes'] },
  ],
};

export function captured(body: string | Buffer | null, n = 0) {
  return {
    SequenceNumber: n,
    Offset: String(n * 1000),
    EnqueuedTimeUtc: '11/20/2026 9:10:00 AM',
    SystemProperties: { 'x-opt-enqueued-time': { long: 1_795_163_472_123 } },
    Properties: {},
    Body: body === null ? null : { bytes: Buffer.from(body as Buffer) },
  };
}

export const SYNC = Buffer.from('0123456789abcdef');

/** A long as Avro writes it. */
export function long(value: number): Buffer {
  return avro.Type.forSchema('long').toBuffer(value);
}

/** One block: so many records, packed. */
export function blockOf(count: number, data: Buffer): Buffer {
  return Buffer.concat([long(count), long(data.length), data, SYNC]);
}

export function headerOf(meta: Readonly<Record<string, string>>): Buffer {
  const map = avro.Type.forSchema({ type: 'map', values: 'bytes' });
  const values = Object.entries(meta).map(([name, value]) => [name, Buffer.from(value)]);
  return Buffer.concat([Buffer.from('Obj\x01'), map.toBuffer(Object.fromEntries(values)), SYNC]);
}

const PACK: Readonly<Record<string, (data: Buffer) => Buffer>> = {
  null: (data) => data,
  deflate: (data) => deflateRawSync(data),
  snappy: (data) => {
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(crc32(data));
    return Buffer.concat([asSnappyLiterals(data), checksum]);
  },
};

/** An Avro file with one block for each list of records. avsc encodes the records. */
export function avroOf(schema: object, blocks: readonly (readonly object[])[], codec = 'null'): Buffer {
  const type = avro.Type.forSchema(schema as avro.Schema, { wrapUnions: 'always' });
  const header = headerOf({ 'avro.codec': codec, 'avro.schema': JSON.stringify(schema) });
  const pack = PACK[codec] ?? ((data: Buffer) => data);
  return Buffer.concat([
    header,
    ...blocks.map((records) =>
      blockOf(records.length, pack(Buffer.concat(records.map((record) => type.toBuffer(record))))),
    ),
  ]);
}

/** Snappy without any compression: its length, and literals of at most 60 bytes. */
function asSnappyLiterals(data: Buffer): Buffer {
  const parts: Buffer[] = [];
  let rest = data.length;
  do {
    parts.push(Buffer.from([(rest % 128) | (rest >= 128 ? 128 : 0)]));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  for (let at = 0; at < data.length; at += 60) {
    const literal = data.subarray(at, at + 60);
    parts.push(Buffer.from([(literal.length - 1) << 2]), literal);
  }
  return Buffer.concat(parts);
}
