import { type Buffer, isUtf8 } from 'node:buffer';

/** Bytes that are no value of their schema, or a schema that is none. */
export class AvroError extends Error {
  override readonly name = 'AvroError';
}

/** A value of type bytes. In JSON it is its text. */
export class Bytes {
  readonly raw: Buffer;

  constructor(raw: Buffer) {
    this.raw = raw;
  }

  toJSON(): string {
    return textOf(this.raw);
  }
}

/** Reads one value, and leaves the cursor after it. */
export type ReadDatum = (cursor: Cursor) => unknown;

const INVALID = 'its schema is invalid';
/** Records within records, lists or maps. */
const MAX_DEPTH = 64;

/** A position in a block of values. Nothing is read beyond its end, whatever lengths and counts the bytes declare. */
export class Cursor {
  readonly #bytes: Buffer;
  at = 0;
  depth = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  take(length: number): Buffer {
    const end = this.at + length;
    if (length < 0 || end > this.#bytes.length) throw new AvroError('a value is cut off');
    const bytes = this.#bytes.subarray(this.at, end);
    this.at = end;
    return bytes;
  }

  byte(): number {
    return this.take(1)[0] as number;
  }

  /** A zigzag varint of up to ten bytes. */
  bigLong(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
    }
    throw new AvroError('a number is too long');
  }

  /** The same, where it must be a length, a count or an index. */
  long(): number {
    let value = 0;
    const start = this.at;
    for (let factor = 1; factor < 2 ** 42; factor *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    this.at = start;
    const big = Number(this.bigLong());
    if (!Number.isSafeInteger(big)) throw new AvroError('a length is too large');
    return big;
  }
}

type Schema = Readonly<Record<string, unknown>>;
type Named = Map<string, ReadDatum>;

/**
 * The reader for a schema of Avro 1.11, as JSON. Values become what JSON can hold: a number beyond 2^53 becomes its digits
 * as text. Logical types are read as the type below them. Throws an AvroError for an invalid schema.
 */
export function readerOf(schema: unknown): ReadDatum {
  return typeOf(schema, new Map(), '');
}

const PRIMITIVES: Readonly<Record<string, ReadDatum>> = {
  null: () => null,
  boolean: (cursor) => cursor.byte() !== 0,
  int: number,
  long: number,
  float: (cursor) => cursor.take(4).readFloatLE(),
  double: (cursor) => cursor.take(8).readDoubleLE(),
  bytes: (cursor) => new Bytes(datumBytes(cursor)),
  string: (cursor) => textOf(datumBytes(cursor)),
};

function number(cursor: Cursor): number | string {
  const value = cursor.bigLong();
  const plain = Number(value);
  return Number.isSafeInteger(plain) ? plain : String(value);
}

/** The bytes of a value of type bytes or string. */
export function datumBytes(cursor: Cursor): Buffer {
  return cursor.take(cursor.long());
}

function textOf(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}

function typeOf(schema: unknown, named: Named, namespace: string, depth = 0): ReadDatum {
  if (depth > MAX_DEPTH) throw new AvroError('its schema is nested too deeply');
  if (typeof schema === 'string') return byName(schema, named, namespace);
  if (Array.isArray(schema)) return unionOf(schema.map((each) => typeOf(each, named, namespace, depth + 1)));
  if (!isObject(schema)) throw new AvroError(INVALID);
  const { type } = schema;
  switch (type) {
    case 'record':
    case 'error':
      return recordOf(schema, named, namespace, depth);
    case 'enum':
      return define(schema, named, namespace, symbolOf(listOf(schema, 'symbols')));
    case 'fixed': {
      const size = Number(schema['size']);
      return define(schema, named, namespace, (cursor) => textOf(cursor.take(size)));
    }
    case 'array':
      return arrayOf(typeOf(schema['items'], named, namespace, depth + 1));
    case 'map':
      return mapOf(typeOf(schema['values'], named, namespace, depth + 1));
    default:
      return typeOf(type, named, namespace, depth + 1);
  }
}

function byName(name: string, named: Named, namespace: string): ReadDatum {
  const read = Object.hasOwn(PRIMITIVES, name) ? PRIMITIVES[name] : named.get(fullName(name, namespace));
  if (read === undefined) throw new AvroError('its schema uses a type that it does not define');
  return read;
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function namespaceOf(schema: Schema, around: string): string {
  const name = String(schema['name']);
  if (name.includes('.')) return name.slice(0, name.lastIndexOf('.'));
  return typeof schema['namespace'] === 'string' ? schema['namespace'] : around;
}

function define(schema: Schema, named: Named, namespace: string, read: ReadDatum): ReadDatum {
  named.set(fullName(String(schema['name']), namespaceOf(schema, namespace)), read);
  return read;
}

function recordOf(schema: Schema, named: Named, namespace: string, depth: number): ReadDatum {
  const fields: [name: string, read: ReadDatum][] = [];
  const read: ReadDatum = (cursor) => {
    if (cursor.depth > MAX_DEPTH) throw new AvroError('a value is nested too deeply');
    cursor.depth++;
    const record = Object.fromEntries(fields.map(([name, each]) => [name, each(cursor)]));
    cursor.depth--;
    return record;
  };
  // Before its fields, which may name it.
  define(schema, named, namespace, read);
  const within = namespaceOf(schema, namespace);
  for (const field of listOf(schema, 'fields')) {
    if (!isObject(field)) throw new AvroError(INVALID);
    fields.push([String(field['name']), typeOf(field['type'], named, within, depth + 1)]);
  }
  return read;
}

function symbolOf(symbols: readonly unknown[]): ReadDatum {
  return (cursor) => at(symbols, cursor.long());
}

function unionOf(branches: readonly ReadDatum[]): ReadDatum {
  return (cursor) => at(branches, cursor.long())(cursor);
}

function at<T>(list: readonly T[], index: number): T {
  if (!(index in list)) throw new AvroError('a value is of none of its types');
  return list[index] as T;
}

function arrayOf(item: ReadDatum): ReadDatum {
  return (cursor) => {
    const list: unknown[] = [];
    eachItem(cursor, () => list.push(item(cursor)));
    return list;
  };
}

function mapOf(value: ReadDatum): ReadDatum {
  return (cursor) => {
    const entries: [string, unknown][] = [];
    eachItem(cursor, () => entries.push([textOf(datumBytes(cursor)), value(cursor)]));
    return Object.fromEntries(entries);
  };
}

/** Reads the items of a list or map, in blocks. An item without bytes could repeat without end. */
export function eachItem(cursor: Cursor, read: () => void): void {
  for (;;) {
    const count = cursor.long();
    if (count === 0) return;
    // A negative count is followed by the size of the block.
    if (count < 0) cursor.long();
    for (let n = 0; n < Math.abs(count); n++) {
      const start = cursor.at;
      read();
      if (cursor.at === start) throw new AvroError('a list has items without content');
    }
  }
}

function listOf(schema: Schema, name: string): readonly unknown[] {
  const list = schema[name];
  if (!Array.isArray(list)) throw new AvroError(INVALID);
  return list;
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
