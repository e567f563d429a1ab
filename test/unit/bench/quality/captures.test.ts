import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Capture, knownCaptures } from '../../../../bench/quality/captures/capture.ts';
import { captureLines, captureTable } from '../../../../bench/quality/captures/print.ts';
import { captureResult, runCaptures, WrongCapture } from '../../../../bench/quality/captures/run_captures.ts';

const folder = mkdtempSync(join(tmpdir(), 'captures-'));
afterAll(() => rmSync(folder, { recursive: true }));

const FIELDS = ['ts', 'id.orig_h', 'id.resp_h', 'id.resp_p', 'proto', 'orig_bytes', 'conn_state', 'label'];
const START = Date.UTC(2026, 0, 5) / 1000;

/** A day: a beacon every 50 s, a second host, and a scan from outside. As labelled files do, it joins the label by blanks. */
function log(): string {
  const row = (time: number, from: string, to: string) =>
    `${[START + time, from, to, 443, 'tcp', 120, 'SF'].join('\t')}   Benign`;
  const beacon = Array.from({ length: 1_728 }, (_, n) => row(n * 50, '10.1.0.5', '198.51.100.7'));
  const others = Array.from({ length: 24 }, (_, n) => row(n * n * 140, '10.1.0.5', '203.0.113.9'));
  return [
    '#separator \\x09',
    `#fields\t${FIELDS.slice(0, -1).join('\t')}   ${FIELDS.at(-1)}`,
    ...beacon,
    ...others,
    row(7, '192.0.2.1', '10.1.0.5'),
    '#close\tx',
    '',
  ].join('\n');
}

const text = log();
const CAPTURE: Capture = {
  ...{ name: 'lab', kind: 'c2', about: '', repository: 'example/lab', commit: '', path: 'data/conn.log', licence: '' },
  ...{ log: 'conn', compression: null, inspected: null, malicious_but_not_c2: [] },
  sha256: createHash('sha256').update(text).digest('hex'),
  convert: { keep_sources: ['10.1.0.0/16'], process_column: null, now: '2026-01-06T00:30:00Z' },
  check: { rows_kept: 1_752, groups: 2, reports: 0 },
  positives: [{ source: '10.1.0.5', destination: '198.51.100.7', port: 443, label: 'C2', confidence: 'by hand' }],
};
const write = (name: string, content: string) => {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, 'conn.log'), content);
};

describe('runCaptures(folder)', () => {
  it('finds the labelled pair by every detector, and names what is not there', () => {
    write('lab', text);
    const reports = new Set(
      text
        .split('\n')
        .filter((line) => line.includes('203.0.113.9'))
        .map((line) => Math.floor(Number(line.split('\t')[0]) / 3600)),
    );
    const capture = { ...CAPTURE, check: { ...CAPTURE.check, reports: 24 + reports.size } };
    const run = runCaptures(folder, [capture, { ...capture, name: 'missing' }]);
    expect(run.skipped).toEqual(['missing']);
    expect(run.results.map(({ detector, ranks }) => [detector, ranks])).toEqual([
      ['kql-rule', [1]],
      ['regularity', [1]],
      ['both', [1]],
      ['rita', [1]],
      ['gap-variation', [1]],
      ['hour-variation', [1]],
    ]);
    expect(captureLines(run).split('\n').at(-1)).toContain('"skipped":["missing"]');
    expect(captureTable(run)).toContain('| lab | kql-rule | 1 of 1, rank 1 | 0 |');
  });

  it('is an error for a folder without any of them, which says where the first is looked for', () => {
    const place = join('elsewhere', 'lab', 'conn.log');
    expect(() => runCaptures('elsewhere', [CAPTURE])).toThrow(
      `no capture in elsewhere: the first is looked for as ${place}`,
    );
  });

  it('refuses another file than the labels are of, and other numbers than are known', () => {
    write('lab', `${text}\n`);
    expect(() => runCaptures(folder, [CAPTURE])).toThrow(WrongCapture);
    expect(() => runCaptures(folder, [CAPTURE])).toThrow('fetch it again');
    write('lab', text);
    expect(() => runCaptures(folder, [{ ...CAPTURE, check: { ...CAPTURE.check, groups: 3 } }])).toThrow('2 groups');
  });
});

describe('captureResult(capture, detector, detections)', () => {
  it('ranks each labelled pair, and counts the others', () => {
    const detection = (DeviceName: string, ...addresses: string[]) => ({
      key: DeviceName,
      DeviceName,
      addresses,
      strength: 1,
    });
    const malicious = [{ source: 'b', destination: '192.0.2.9', label: 'flood' }];
    const found = [
      detection('b', '192.0.2.9'),
      detection('10.1.0.5', '192.0.2.1', '198.51.100.7'),
      detection('c', '192.0.2.3'),
    ];
    const result = captureResult({ ...CAPTURE, malicious_but_not_c2: malicious }, 'regularity', found);
    expect(result).toMatchObject({ labelled: 1, found: 1, ranks: [2], detections: 3, others: 2, others_malicious: 1 });
    expect(captureResult(CAPTURE, 'rita', [])).toMatchObject({ found: 0, ranks: [null], others: 0 });
  });
});

describe('captures.json', () => {
  it('has whole facts and no data', () => {
    for (const { commit, sha256, repository, inspected, positives, kind } of knownCaptures()) {
      expect([commit, sha256, repository, inspected]).toEqual([
        expect.stringMatching(/^[0-9a-f]{40}$/),
        expect.stringMatching(/^[0-9a-f]{64}$/),
        expect.stringMatching(/^[\w.-]+\/[\w.-]+$/),
        expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      ]);
      expect(positives.length > 0).toBe(kind === 'c2');
    }
  });
});
