import { mulberry32 } from '../random.ts';

/** Random whole numbers, the same for the same seed. */
export interface Random {
  /** From 0 to below `limit`. */
  below(limit: number): number;
}

export function randomOf(seed: number): Random {
  const next = mulberry32(seed);
  return { below: (limit) => Math.floor(next() * limit) };
}

/** A change to the bytes of a file, as disks, editors, scripts and attackers make it. */
type Mutation = (bytes: Buffer, random: Random) => Buffer;

const INSERTED = [
  ...['"', '\\', '{', '}', '[', ']', ',', ':', ';', '\t', '\n', '\r\n', '\0', '<', '>', '#', '\ufeff', '\u2028', '""'],
  ...[
    'null',
    '1e999',
    '-0',
    '123456789012345678901234567890',
    '{"__proto__":{}}',
    '"\\ud800"',
    '#fields\ta\n',
    'sep=;\n',
  ],
  ...[
    'Timestamp,DeviceName,ActionType,RemoteIP\n',
    '{"records":[',
    '"Rows":[',
    '{"FrameType":"TableFragment","Rows":[',
  ],
];
const VALUES = ['null', 'true', '0', '1e400', '-1', '""', '[]', '{}', '"x"', `"${'y'.repeat(2_000)}"`, '11/12/2026'];

const MUTATIONS: readonly Mutation[] = [
  function cut(bytes, random) {
    return bytes.subarray(0, random.below(bytes.length + 1));
  },
  function cutBegin(bytes, random) {
    return bytes.subarray(random.below(bytes.length + 1));
  },
  function remove(bytes, random) {
    const [start, end] = span(bytes, random);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
  },
  function repeat(bytes, random) {
    const [start, end] = span(bytes, random);
    return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)]);
  },
  function swap(bytes, random) {
    const [a, b, c] = [0, 0, 0].map(() => random.below(bytes.length + 1)).sort((x, y) => x - y) as [
      number,
      number,
      number,
    ];
    return Buffer.concat([bytes.subarray(0, a), bytes.subarray(b, c), bytes.subarray(a, b), bytes.subarray(c)]);
  },
  function swapLines(bytes, random) {
    const lines = bytes.toString('latin1').split('\n');
    const [a, b] = [random.below(lines.length), random.below(lines.length)];
    [lines[a], lines[b]] = [lines[b] as string, lines[a] as string];
    return Buffer.from(lines.join('\n'), 'latin1');
  },
  function flip(bytes, random) {
    const copy = Buffer.from(bytes);
    for (let n = random.below(8); n >= 0; n--) copy[random.below(copy.length)] = random.below(256);
    return copy;
  },
  function insert(bytes, random) {
    const at = random.below(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(one(INSERTED, random)), bytes.subarray(at)]);
  },
  function nest(bytes, random) {
    const at = random.below(bytes.length + 1);
    const deep = one(['[', '{"a":', '<a>', '"'], random).repeat(random.below(20_000));
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(deep), bytes.subarray(at)]);
  },
  function changeValue(bytes, random) {
    const text = bytes.toString('latin1');
    const values = [...text.matchAll(/(?<=:\s?)(?:"[^"\\]*"|-?\d+(?:\.\d+)?|null|true|false)/g)];
    const found = values.length === 0 ? undefined : one(values, random);
    if (found === undefined) return bytes;
    return Buffer.from(
      text.slice(0, found.index) + one(VALUES, random) + text.slice(found.index + found[0].length),
      'latin1',
    );
  },
  function renameMember(bytes, random) {
    const text = bytes.toString('latin1');
    const names = [...text.matchAll(/"\w+"(?=\s?:)/g)];
    const found = names.length === 0 ? undefined : one(names, random);
    if (found === undefined) return bytes;
    return Buffer.from(`${text.slice(0, found.index)}"x"${text.slice(found.index + found[0].length)}`, 'latin1');
  },
  function lineEnds(bytes, random) {
    return Buffer.from(
      bytes.toString('latin1').replaceAll(/\r?\n/g, one(['\r\n', '\n\n', '\r', ''], random)),
      'latin1',
    );
  },
];

/** The bytes after one to three random changes. */
export function mutated(bytes: Buffer, random: Random): Buffer {
  let changed = bytes;
  for (let n = random.below(3); n >= 0 && changed.length > 0; n--) changed = one(MUTATIONS, random)(changed, random);
  return changed;
}

function span(bytes: Buffer, random: Random): readonly [start: number, end: number] {
  const start = random.below(bytes.length + 1);
  return [start, Math.min(bytes.length, start + random.below(400))];
}

export function one<T>(list: readonly T[], random: Random): T {
  return list[random.below(list.length)] as T;
}
