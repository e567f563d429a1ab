import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readZeekLog } from '../../../src/reading/zeek_log_reader.ts';
import { scoreBytes } from '../../support/reading/score_bytes.ts';

const LOG = readFileSync(new URL('../../fixtures/formats/zeek-conn.log', import.meta.url), 'utf8');

const HOURS = ['10.7.0.12  198.51.100.23 05h 3', '10.7.0.12  198.51.100.23 06h 1', '10.7.0.13  203.0.113.200 06h 1'];

async function rowsIn(text: string, maxLineBytes = 1_000) {
  const rows: unknown[] = [];
  const faults: string[] = [];
  for await (const { hits, malformed, tooLong } of readZeekLog([Buffer.from(text)], { maxLineBytes })) {
    rows.push(...hits.map(({ bytes }) => JSON.parse(bytes.toString())));
    faults.push(...malformed.kept.map(({ fault, bytes }) => `${fault} ${bytes}`), ...tooLong.map(() => 'too long'));
  }
  return { rows, faults };
}

describe('conn.log with tabs', () => {
  it.each([
    ['as it is', LOG],
    ['with CRLF', LOG.replaceAll('\n', '\r\n')],
    ['without its last line end', LOG.trimEnd()],
    ['behind another log', `#fields\tts\tuid\tquery\n1.0\tC\tx\n#close\tx\n${LOG}`],
  ])('%s counts by hand, in whatever chunks', async (name, text) => {
    for (const chunkBytes of [1 << 20, 1 << 15, 97]) {
      expect(await scoreBytes(text, ['zeek'], { chunkBytes })).toMatchObject({
        foreign: false,
        // SF, S0 and OTH; RSTO, with the columns in another order; ICMP.
        hours: HOURS,
        // '-' as time; two cells.
        faults: { 'bad-time (ts)': 1, 'bad-csv': 1 },
        // Within the network, and IPv6; a connection from outside.
        counters: { reports: 5, excluded: 2, skipped: name === 'behind another log' ? 2 : 1 },
      });
    }
  });

  it('has values that are not set, empty, and escaped', async () => {
    const header = '#separator \\x2c\n#empty_field,(empty)\n#unset_field,-\n#fields,a,b,c\n';
    expect(await rowsIn(`${header}-,(empty),x\\x2cy\n\n1,2\n`)).toEqual({
      rows: [{ b: '', c: 'x,y' }],
      faults: ['bad-csv 1,2'],
    });
  });

  it('follows each line of fields', async () => {
    const text = '#fields\ta\tb\n1\t2\n#fields\tb\n3\n#separator \\x2c\n#fields,c,d\n4,5\n';
    expect(await rowsIn(text)).toEqual({ rows: [{ a: '1', b: '2' }, { b: '3' }, { c: '4', d: '5' }], faults: [] });
  });

  it('names rows that are too long, or before a header', async () => {
    const text = `a\tb\n#fields\ta\tb\n${'x'.repeat(2_000)}\ty\n1\t2\n`;
    expect(await rowsIn(text)).toEqual({ rows: [{ a: '1', b: '2' }], faults: ['bad-csv a\tb', 'too long'] });
  });

  it('names a column that is missing', async () => {
    for (const name of ['conn_state', 'id.orig_h', 'id.resp_h', 'ts']) {
      const found = await scoreBytes(LOG.replaceAll(`\t${name}\t`, '\tx\t').replaceAll(`\t${name}\n`, '\tx\n'), [
        'zeek',
      ]);
      expect(found).toMatchObject({ hours: [], faults: { [`no-column (${name})`]: 9, 'bad-csv': 1 } });
    }
  });
});
