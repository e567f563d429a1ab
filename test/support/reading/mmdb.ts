/**
 * Writes an MMDB file (https://maxmind.github.io/MaxMind-DB/) of IPv4 networks, from the specification: a binary search tree of
 * 24-bit records, sixteen zero bytes, the data, and the metadata behind their marker.
 */
export function mmdbOf(networks: Readonly<Record<string, object>>): Buffer {
  const nodes: [Record_, Record_][] = [[null, null]];
  const data: Buffer[] = [];
  let length = 0;
  for (const [network, value] of Object.entries(networks)) {
    const encoded = encode(value);
    place(nodes, network, { data: length });
    data.push(encoded);
    length += encoded.length;
  }
  const tree = Buffer.concat(nodes.flatMap((node) => node.map((record) => uint24(numberOf(record, nodes.length)))));
  const metadata = {
    node_count: new UInt(6, nodes.length),
    record_size: new UInt(5, 24),
    ip_version: new UInt(5, 4),
    database_type: 'Test',
    languages: ['en'],
    binary_format_major_version: new UInt(5, 2),
    binary_format_minor_version: new UInt(5, 0),
    build_epoch: new UInt(9, 1_795_000_000),
    description: { en: 'Test' },
  };
  const marker = Buffer.from('\u00ab\u00cd\u00efMaxMind.com', 'latin1');
  return Buffer.concat([tree, Buffer.alloc(16), ...data, marker, encode(metadata)]);
}

/** The number of a node, the offset of data, or nothing. */
type Record_ = number | { readonly data: number } | null;

function numberOf(record: Record_, count: number): number {
  if (record === null) return count;
  return typeof record === 'number' ? record : count + 16 + record.data;
}

function place(nodes: [Record_, Record_][], network: string, data: { readonly data: number }): void {
  const [address = '', size] = network.split('/');
  const bits = address.split('.').flatMap((part) => [...Number(part).toString(2).padStart(8, '0')].map(Number));
  let node = nodes[0] as [Record_, Record_];
  for (const [depth, bit] of bits.slice(0, Number(size)).entries()) {
    const side = bit as 0 | 1;
    if (depth === Number(size) - 1) node[side] = data;
    else {
      if (typeof node[side] !== 'number') node[side] = nodes.push([null, null]) - 1;
      node = nodes[node[side] as number] as [Record_, Record_];
    }
  }
}

/** A number of one of the format's types. */
class UInt {
  readonly type: number;
  readonly value: number;
  constructor(type: number, value: number) {
    this.type = type;
    this.value = value;
  }
}

function encode(value: unknown): Buffer {
  if (typeof value === 'string') return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') return encode(new UInt(6, value));
  if (value instanceof UInt) {
    const hex = value.value.toString(16);
    const bytes =
      value.value === 0 ? Buffer.alloc(0) : Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
    return Buffer.concat([control(value.type, bytes.length), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encode)]);
  const members = Object.entries(value as object);
  return Buffer.concat([control(7, members.length), ...members.flat().map(encode)]);
}

/** Types from 8 on have a byte of their own; sizes from 29 on too. */
function control(type: number, size: number): Buffer {
  const short = Math.min(size, 29);
  const first = type > 7 ? [short, type - 7] : [(type << 5) | short];
  return Buffer.from([...first, ...(size >= 29 ? [size - 29] : [])]);
}

function uint24(value: number): Buffer {
  return Buffer.from([(value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff]);
}
