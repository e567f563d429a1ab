import { describe, expect, it } from 'vitest';
import { adviceOf, contentKindOf } from '../../../src/reading/content_type.ts';
import { signatureOf, unreadText } from '../../../src/reading/signature.ts';

const hex = (text: string) => Buffer.from(text, 'hex');
const TAR = Buffer.concat([Buffer.from('export.json'), Buffer.alloc(246), Buffer.from('ustar\0')]);

describe('signatureOf(head)', () => {
  it.each<[string, Buffer]>([
    ['gzip', hex('1f8b0800')],
    ['zip', hex('504b03041400')],
    ['zip', hex('504b0506')],
    ['avro', Buffer.from('Obj\x01\x04')],
    ['parquet', Buffer.from('PAR1\x15')],
    ['xlsx', Buffer.concat([hex('504b0304'), Buffer.alloc(26), Buffer.from('[Content_Types].xml')])],
    ['ole', hex('d0cf11e0a1b11ae1')],
    ['7z', hex('377abcaf271c0004')],
    ['rar', Buffer.from('Rar!\x1a\x07\x01\x00')],
    ['tar', TAR],
    ['bzip2', Buffer.from('BZh91AY&SY')],
    ['xz', hex('fd377a585a0000')],
    ['zstd', hex('28b52ffd24')],
    ['lz4', hex('04224d18')],
    ['evtx', Buffer.from('ElfFile\0')],
    ['evt', hex('300000004c664c6501000000')],
    ['pcap', hex('d4c3b2a10200')],
    ['pcap', hex('0a0d0d0a6c00')],
    ['sqlite', Buffer.from('SQLite format 3\0')],
    ['pdf', Buffer.from('%PDF-1.7')],
    ['html', Buffer.from('\ufeff\r\n<!DOCTYPE html>\n')],
    ['html', Buffer.from('<html lang="en">')],
    ['utf-32', hex('fffe00007b000000')],
    ['utf-32', hex('0000feff0000007b')],
  ])('is %s', (kind, head) => {
    expect(signatureOf(head)).toBe(kind);
    expect(contentKindOf(head)).toBe(kind);
    // A head that ends within the mark is of no kind, and no error.
    for (let length = 0; length < head.length; length++) signatureOf(head.subarray(0, length));
  });

  it.each([
    '{"records":[]}\n',
    'Timestamp,ActionType\n',
    '<Event xmlns="x"></Event>\n',
    'BZh9 is a name\n',
    'PK\n',
    '',
  ])('is null for text: %j', (text) => {
    expect(signatureOf(Buffer.from(text))).toBeNull();
  });
});

describe('the advice for a file that is not read', () => {
  it('says what it is and what to do, in score and for a container', () => {
    expect(unreadText('7z')).toBe('it is a 7z archive, which is not read; unpack it: 7z x FILE');
    expect(adviceOf('7z')).toMatch(/^it is a 7z archive, which is not read; unpack it: 7z x FILE; expected JSON lines/);
    expect(unreadText('evtx')).toContain('evtx_dump -o jsonl FILE');
    expect(unreadText('html')).toContain('sign in');
    expect(unreadText('pcap')).toContain('SOURCES=zeek');
  });

  it.each(['zip', 'avro', 'parquet', 'gzip'] as const)('for %s in a container it names score', (kind) => {
    expect(adviceOf(kind)).toMatch(/which only `score` reads; .+; expected JSON lines/);
  });
});
