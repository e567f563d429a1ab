import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_KNOWN_BYTES, MAX_KNOWN_ENTRIES, readKnownFile } from '../../../src/reading/known_file.ts';
import { KNOWN_BLOB, KnownBlob } from '../../../src/reading/stored_known.ts';
import { StoreError } from '../../../src/storage/ports/store_error.ts';
import { tries } from '../../support/effort.ts';

const SHA1 = 'cb51e2a277e8cd74530915c7649d55e5cc4eb2eb';
const read = (...lines: string[]) => readKnownFile(Buffer.from(lines.join('\n')));
const HEADER = 'list,network,program,hash,reason';
const LAB = '203.0.113.7,,,lab';

describe('readKnownFile(bytes)', () => {
  it('reads entries, and passes over comments and empty lines', () => {
    const { entries, faults } = read(
      '\ufeff# Networks and programs of Example',
      'sep=,',
      HEADER,
      '',
      `expected,203.0.113.0/24,,,"VPN, of the head office"\r`,
      `Indicator,, evil*.exe ,${SHA1.toUpperCase()},INC-4711`,
    );
    expect(faults).toEqual([]);
    expect(entries).toMatchObject([
      { list: 'expected', program: '', hash: '', reason: 'VPN, of the head office' },
      { list: 'indicator', network: null, program: 'evil*.exe', hash: SHA1, reason: 'INC-4711' },
    ]);
    expect(entries[0]?.network?.[1]).toBe(24);
  });

  it('takes columns in any order, without those that no entry needs, between ; or tabs', () => {
    expect(read('Reason;List;Network', 'VPN, ours;expected;203.0.113.7').entries).toMatchObject([
      { list: 'expected', reason: 'VPN, ours', program: '' },
    ]);
    expect(read('list\thash\treason', `indicator\t${SHA1}\tINC-4711`).entries).toHaveLength(1);
  });

  it.each([
    [`good,${LAB}`, 'list must be expected or indicator, got "good"'],
    ['expected,203.0.113.7,,,', 'the reason is missing'],
    ['expected,203.0.113.7', 'the reason is missing'],
    [`expected,203.0.113.7,,,${'x'.repeat(201)}`, 'the reason must be at most 200 characters'],
    ['expected,,,,lab', 'it must name a network, a program or a hash'],
    [
      'expected,203.0.113.0/33,,,lab',
      'network must be an address or CIDR such as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32, got "203.0.113.0/33"',
    ],
    ['expected,0.0.0.0/0,,,lab', 'network must be no wider than /8, got /0, got "0.0.0.0/0"'],
    ['expected,,*,,lab', 'program must be one name; * is any text, and needs another character beside it, got "*"'],
    [`expected,,${'x'.repeat(1025)},,lab`, 'program must be at most 1024 characters'],
    ['expected,,,cb51e2,lab', 'hash must be a SHA-1 (40 hexadecimal digits) or a SHA-256 (64), got "cb51e2"'],
    ['expected,203.0.113.7,,,lab, ours', 'it has 6 cells and the header 5: put a text with , into quotes'],
    ['expected,203.0.113.7,,,"lab', 'a quote is not balanced'],
    ['expected,\u001b[31m,,,lab', expect.stringContaining('got "\\u001b[31m"')],
  ])('names the place of %j, and reads the others', (line, fault) => {
    const { entries, faults } = read(HEADER, `expected,${LAB}`, line, `indicator,${LAB}`);
    expect(entries).toHaveLength(2);
    expect(faults).toHaveLength(1);
    const [, place, text] = /^(line 3): (.*)$/.exec(faults[0] ?? '') ?? [];
    expect(place).toBe('line 3');
    expect(text).toEqual(fault);
  });

  it('refuses a LOLBin that is expected anywhere, and takes it with a network or as an indicator', () => {
    const { entries, faults } = read(
      HEADER,
      'expected,,powershell.exe,,admins',
      'expected,,power*,,admins',
      'expected,203.0.113.7,powershell.exe,,admins',
      'indicator,,mshta.exe,,never here',
    );
    expect(entries).toHaveLength(2);
    expect(faults[0]).toMatch(/^line 2: attackers use this program .*: name a network as well$/);
    expect(faults[1]).toMatch(/^line 3: it also matches .*: name a network as well$/);
  });

  it.each([
    ['no header', '# nothing', /no header/],
    [
      'an entry in place of a header',
      `expected,${LAB}`,
      /^line 1: the first line must name the columns .*got "expected"/,
    ],
    ['a misspelt column', 'list,netwrok,reason', /got "netwrok"/],
    ['a column twice', 'list,network,network,reason', /the column network is named twice/],
    ['no reason', 'list,network,program', /list, reason and one more are required/],
    ['no criterion', 'list,reason', /one more/],
  ])('refuses a file with %s', (_what, text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it('refuses another kind of file, and one that is too large', () => {
    expect(() => readKnownFile(Buffer.from([0xff, 0xfe, 0x6c, 0x00]))).toThrow('it is not UTF-8 text');
    expect(() => readKnownFile(Buffer.alloc(MAX_KNOWN_BYTES + 1))).toThrow('1,048,577 bytes');
  });

  it('keeps so many entries, and names the others', () => {
    const lines = Array.from({ length: MAX_KNOWN_ENTRIES + 2 }, (_, n) => `expected,10.${n >> 8}.${n & 255}.1,,,x`);
    const { entries, faults } = read(HEADER, ...lines);
    expect(entries).toHaveLength(MAX_KNOWN_ENTRIES);
    expect(faults).toEqual([
      'line 10002: there are more than 10,000 entries',
      'line 10003: there are more than 10,000 entries',
    ]);
  });

  it('gives an entry or a fault for any line', () => {
    const line = fc
      .string({ unit: 'binary', maxLength: 60 })
      .filter((text) => !/[\r\n]/.test(text) && text.trim() !== '');
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), (lines) => {
        const counted = lines.filter((each) => !each.startsWith('#') && !/^"?(sep=|#TYPE)/i.test(each));
        const { entries, faults } = read(HEADER, ...lines);
        expect(entries.length + faults.length).toBe(counted.length);
      }),
      { numRuns: tries(30, 1000) },
    );
  });
});

describe('KnownBlob', () => {
  const blob = (content: string | null, length = content?.length ?? 0) =>
    new KnownBlob({
      open: async (name) =>
        content === null || name !== KNOWN_BLOB ? null : { version: '1', length, bytes: Buffer.from(content) },
    });
  const facts = { InitiatingProcessFileName: 'a.exe', programHash: null, addresses: ['203.0.113.7'] };

  it('gives what the file knows, and names the lines that are not used', async () => {
    const bad = Array.from({ length: 6 }, () => 'x');
    const { knownOf, fault } = await blob([HEADER, `expected,${LAB}`, ...bad].join('\n')).get();
    expect(knownOf(facts)).toEqual({ list: 'expected', reason: 'lab' });
    expect(fault).toMatch(
      /^6 lines of known.csv in the container context are not used: line 3: list must be .*; and 1 more line$/,
    );
  });

  it('knows nothing where the blob is absent, and says so where it cannot be used', async () => {
    expect(await blob(null).get()).toMatchObject({ fault: '' });
    expect((await blob(null).get()).knownOf(facts)).toBeNull();
    const { knownOf, fault } = await blob('<html>').get();
    expect(knownOf(facts)).toBeNull();
    expect(fault).toMatch(/^known.csv in the container context is not used: line 1: /);
    expect((await blob(HEADER, MAX_KNOWN_BYTES + 1).get()).fault).toContain('1,048,577 bytes');
  });

  it('fails where storage does, and tries again: a run without it would give other severities', async () => {
    let isDown = true;
    const known = new KnownBlob({
      open: async () => {
        if (isDown) throw new StoreError('context: open of known.csv');
        return null;
      },
    });
    await expect(known.get()).rejects.toThrow(StoreError);
    isDown = false;
    expect((await known.get()).fault).toBe('');
  });
});
