import { Buffer } from 'node:buffer';

/** Files that are recognised by their first bytes, and that `score` opens. */
export type Container = 'gzip' | 'zip' | 'avro' | 'parquet';

/** Files that are recognised by their first bytes, and that nothing here reads. */
export type Unread =
  | 'xlsx'
  | 'ole'
  | '7z'
  | 'rar'
  | 'tar'
  | 'bzip2'
  | 'xz'
  | 'zstd'
  | 'lz4'
  | 'evtx'
  | 'evt'
  | 'pcap'
  | 'sqlite'
  | 'pdf'
  | 'html'
  | 'utf-32';

/** Bytes that decide: the mark of a tar archive stands after its first 257 bytes. */
export const SIGNATURE_BYTES = 512;

const SIGNATURES: readonly (readonly [kind: Container | Unread, at: number, hex: string])[] = [
  ['gzip', 0, '1f8b'],
  ['zip', 0, '504b0304'],
  // An archive without members, and one that was split.
  ['zip', 0, '504b0506'],
  ['zip', 0, '504b0708'],
  ['avro', 0, '4f626a01'],
  ['parquet', 0, '50415231'],
  ['ole', 0, 'd0cf11e0a1b11ae1'],
  ['7z', 0, '377abcaf271c'],
  ['rar', 0, '526172211a07'],
  ['tar', 257, '7573746172'],
  ['xz', 0, 'fd377a585a00'],
  ['zstd', 0, '28b52ffd'],
  ['lz4', 0, '04224d18'],
  ['evtx', 0, '456c6646696c6500'],
  ['evt', 0, '300000004c664c65'],
  ['pcap', 0, 'd4c3b2a1'],
  ['pcap', 0, 'a1b2c3d4'],
  // With times in nanoseconds.
  ['pcap', 0, '4d3cb2a1'],
  ['pcap', 0, 'a1b23c4d'],
  // pcapng.
  ['pcap', 0, '0a0d0d0a'],
  ['sqlite', 0, '53514c69746520666f726d6174203300'],
  ['pdf', 0, '255044462d'],
  // Before UTF-16: its mark begins as that of UTF-32 does.
  ['utf-32', 0, 'fffe0000'],
  ['utf-32', 0, '0000feff'],
];

const MARKS = SIGNATURES.map(([kind, at, hex]) => ({ kind, at, bytes: Buffer.from(hex, 'hex') }));
/** The block size is a digit; then the mark of a block. */
const BZIP2 = /^BZh[1-9]1AY&SY/;
const HTML = /^(?:\xef\xbb\xbf)?\s*(?:<!--[^>]*-->\s*)?<(?:!doctype\s+html|html)[\s>]/i;
/** The name of the first member of Office's files. */
const OFFICE = '[Content_Types].xml';
const FIRST_NAME_AT = 30;

/** The kind of file that begins with these bytes; null for text, and for all others. */
export function signatureOf(head: Uint8Array): Container | Unread | null {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, SIGNATURE_BYTES));
  const found = MARKS.find((mark) => mark.bytes.equals(bytes.subarray(mark.at, mark.at + mark.bytes.length)));
  if (found?.kind === 'zip' && bytes.toString('latin1').startsWith(OFFICE, FIRST_NAME_AT)) return 'xlsx';
  if (found !== undefined) return found.kind;
  const text = bytes.toString('latin1');
  if (BZIP2.test(text)) return 'bzip2';
  return HTML.test(text) ? 'html' : null;
}

/** What it is, and what to do with it. */
const UNREAD: Readonly<Record<Unread, readonly [is: string, remedy: string]>> = {
  xlsx: ['an Excel workbook (xlsx)', 'save the sheet as CSV UTF-8'],
  ole: ['an Excel workbook of the old format (xls), or another OLE file', 'save the sheet as CSV UTF-8'],
  '7z': ['a 7z archive', 'unpack it: 7z x FILE'],
  rar: ['a RAR archive', 'unpack it: unrar x FILE'],
  tar: ['a tar archive', 'unpack it: tar -xf FILE'],
  bzip2: ['bzip2', 'unpack it: bzip2 -dk FILE'],
  xz: ['xz', 'unpack it: xz -dk FILE'],
  zstd: ['Zstandard', 'unpack it: zstd -d FILE'],
  lz4: ['LZ4', 'unpack it: lz4 -d FILE'],
  evtx: [
    'a Windows event log (EVTX)',
    'convert it: evtx_dump -o jsonl FILE > events.jsonl, or in PowerShell ' +
      'Get-WinEvent -Path FILE | ForEach-Object ToXml | Set-Content -Encoding utf8 events.xml',
  ],
  evt: [
    'a Windows event log of the old format (EVT)',
    'convert it to EVTX: wevtutil epl FILE events.evtx /lf:true, and then to JSON lines: evtx_dump -o jsonl',
  ],
  pcap: [
    'a packet capture (pcap)',
    'let Zeek write its connections: zeek -r FILE LogAscii::use_json=T, and read conn.log with SOURCES=zeek',
  ],
  sqlite: ['a SQLite database', 'export the table: sqlite3 -json FILE "SELECT * FROM TABLE" > rows.json'],
  pdf: ['a PDF document', 'export the rows as CSV or JSON'],
  html: ['an HTML page, often the sign-in page in place of the export', 'sign in, and download the export again'],
  'utf-32': ['UTF-32', 'convert it: iconv -f UTF-32 -t UTF-8 FILE'],
};

export function isUnread(kind: string): kind is Unread {
  return Object.hasOwn(UNREAD, kind);
}

/** The reason why such a file is refused, and what to do. */
export function unreadText(kind: Unread): string {
  const [is, remedy] = UNREAD[kind];
  return `it is ${is}, which is not read; ${remedy}`;
}
