import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  ASSUMED,
  type Measured,
  monthOf,
  type Prices,
  requestsOf,
  transactionsOf,
} from '../../../scripts/cost_model.ts';
import { withTables } from '../../../scripts/cost_tables.ts';
import { readConfig } from '../../../src/config.ts';
import { segmentBytesOf } from '../../../src/ingest/segment_cutter.ts';
import { REPO } from '../../support/bundle/child.ts';
import { files, MAIN } from './template.ts';

const read = (path: string) => readFileSync(join(REPO, path), 'utf8');
const measured = JSON.parse(read('bench/local_requests.json')) as Measured;
const prices = JSON.parse(read('bench/prices.json')) as Prices;

describe('withTables(page, names, tables)', () => {
  it('replaces the text between the marks, and names a missing mark', () => {
    const page = 'a\n<!-- x -->\nold\n<!-- /x -->\nb\n';
    expect(withTables(page, ['x'], { x: '$1 new' })).toBe('a\n<!-- x -->\n$1 new\n<!-- /x -->\nb\n');
    expect(() => withTables('a', ['x'], { x: '' })).toThrow('no place for x');
  });
});

describe('bench/local_requests.json', () => {
  it('is of a run that did all there is to do', () => {
    for (const name of ['ingestQueued', 'sweepExports', 'scoreWindows', 'scorePartition', 'notifyDetection']) {
      expect(measured.invocations[name]?.count).toBeGreaterThan(0);
    }
    expect(measured.segments).toBeGreaterThan(70);
    expect(measured.notifications).toBe(measured.detections);
    for (const { operation, functions, byFunction } of measured.requests) {
      const sum = Object.values(byFunction).reduce((total, count) => total + count, 0);
      expect({ operation, sum }).toEqual({ operation, sum: functions });
    }
  });
});

describe('the model', () => {
  it('transactionsOf(rows) is what was counted, within a tenth', () => {
    const counted = requestsOf(measured, /^table transactions$/, ['ingestExport', 'ingestQueued']) / measured.segments;
    expect(transactionsOf(measured.rows / measured.segments) / counted).toBeGreaterThan(0.9);
    expect(transactionsOf(measured.rows / measured.segments) / counted).toBeLessThan(1.1);
  });

  it.each([1, 16, 100, 1_600, 16_000])(
    'transactionsOf(%d) is what spreading rows at random over 16 partitions takes',
    (rows) => {
      // The obvious twin, averaged; a small generator, so that it is the same each time.
      let state = 1;
      const random = () => {
        state = (state * 48_271) % 2_147_483_647;
        return state / 2_147_483_647;
      };
      let total = 0;
      const rounds = 50;
      for (let round = 0; round < rounds; round++) {
        const partitions = new Array<number>(16).fill(0);
        for (let row = 0; row < rows; row++) partitions[Math.floor(random() * 16)]!++;
        total += partitions.reduce((sum, count) => sum + Math.ceil(count / 100), 0);
      }
      expect(transactionsOf(rows) / (total / rounds)).toBeGreaterThan(0.85);
      expect(transactionsOf(rows) / (total / rounds)).toBeLessThan(1.15);
    },
  );

  it('costs more for more devices, a part for a part', () => {
    const [small, large] = [monthOf(1_000, measured, prices), monthOf(100_000, measured, prices)];
    expect(large.amounts.reports / small.amounts.reports).toBeCloseTo(100);
    expect(large.exporter / small.exporter).toBeCloseTo(100);
    expect(large.ours).toBeGreaterThan(10 * small.ours);
    for (const { ours, usd } of [small, large]) {
      expect(Object.values(usd).reduce((sum, each) => sum + each, 0)).toBeCloseTo(ours);
      for (const each of Object.values(usd)) expect(each).toBeGreaterThanOrEqual(0);
    }
  });

  it('assumes what the settings and templates have', () => {
    const { retentionDays, historyDays } = readConfig({ AzureWebJobsStorage: 'UseDevelopmentStorage=true' });
    const byDefault = (name: string) => Number(new RegExp(`^param ${name} \\w+ = (\\d+)$`, 'm').exec(MAIN.text)?.[1]);
    const exportsKeepDays = byDefault('exportsKeepDays');
    const memoryGb = byDefault('instanceMemoryMB') / 1024;
    expect(ASSUMED).toMatchObject({ retentionDays, historyDays, exportsKeepDays, memoryGb });
    const mib = (sources: Parameters<typeof segmentBytesOf>[0]) => `${segmentBytesOf(sources) / 2 ** 20} MiB`;
    expect(read('docs/costs.md')).toContain(
      `one more for each ${mib(['defender'])}. (With raw events: ${mib(['sysmon'])}.)`,
    );
    expect(ASSUMED.alertRules).toBe(files('infra/alerts', '.kql').length);
  });

  it('throws where a price is missing', () => {
    expect(() => monthOf(1, measured, {})).toThrow('no price');
  });
});
