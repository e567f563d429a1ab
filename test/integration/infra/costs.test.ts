import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { benchTenant, linesOf } from '../../../bench/harness/tenant.ts';
import {
  ASSUMED,
  type Measured,
  type Month,
  monthOf,
  type Prices,
  requestsOf,
  transactionsOf,
} from '../../../scripts/cost_model.ts';
import { shapesOf } from '../../../scripts/cost_shapes.ts';
import { withTables } from '../../../scripts/cost_tables.ts';
import { ceilingOf, RUN, scanningRun } from '../../../scripts/run_model.ts';
import { readConfig } from '../../../src/config.ts';
import { segmentBytesOf } from '../../../src/ingest/segment_cutter.ts';
import { REPO } from '../../support/bundle/child.ts';
import { files, MAIN } from './template.ts';

const read = (path: string) => readFileSync(join(REPO, path), 'utf8');
const measured = JSON.parse(read('bench/local_requests.json')) as Measured;
const prices = JSON.parse(read('bench/prices.json')) as Prices;
const [LOW, HIGH] = shapesOf(measured);

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
    const [small, large] = [1_000, 100_000].map((devices) => monthOf(devices, LOW, measured, prices)) as [Month, Month];
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
    expect(ASSUMED).toMatchObject({ historyDays, exportsKeepDays, memoryGb });
    expect(RUN.retentionDays).toBe(retentionDays);
    const { functionTimeout } = JSON.parse(read('host.json')) as { functionTimeout: string };
    expect(functionTimeout).toBe('01:00:00');
    expect(RUN.limitSeconds).toBe(3_600);
    const mib = (sources: Parameters<typeof segmentBytesOf>[0]) => `${segmentBytesOf(sources) / 2 ** 20} MiB`;
    expect(read('docs/costs.md')).toContain(
      `one more for each ${mib(['defender'])}. (With raw events: ${mib(['sysmon'])}.)`,
    );
    expect(ASSUMED.alertRules).toBe(files('infra/alerts', '.kql').length);
  });

  it('throws where a price is missing', () => {
    expect(() => monthOf(1, LOW, measured, {})).toThrow('no price');
  });
});

describe('the shapes of devices', () => {
  it('the high one is what the tenant of the benchmarks sends in a day', () => {
    const tenant = benchTenant(250);
    let [bytes, reports] = [0, 0];
    for (let hour = 24; hour < 48; hour++) {
      for (const member of tenant.devices) {
        const sent = linesOf(tenant, member, hour);
        bytes += sent.lines.reduce((sum, { length }) => sum + length, 0);
        reports += sent.reports;
      }
    }
    expect(bytes / 250 / 24 / HIGH.bytes).toBeCloseTo(1, 2);
    expect(reports / 250 / 24 / HIGH.reports).toBeCloseTo(1, 2);
    expect(HIGH.rows).toBeLessThanOrEqual(HIGH.reports);
  });
});

describe('scanningRun(devices, shape)', () => {
  it('at 100,000 devices of the high shape reads 175 million rows, at what the account leaves, and takes too long', () => {
    const run = scanningRun(100_000, HIGH);
    expect(run.rowsRead).toBe(174_720_000);
    // 20,000 rows a second, of which ingest writes 506; a write and a read of 350,000 detections, 1.8 million removals.
    const waiting = (174_720_000 + 700_000 + 1_820_000) / (20_000 - 1_820_000 / 3_600);
    const cpu = ((174_720_000 * 3e-6 + 350_000 * 320e-6) * 4) / 16;
    expect(run.seconds).toBeCloseTo(waiting + cpu, 3);
    expect(run).toMatchObject({ invocations: 16, fits: false });
    expect(run.billedSeconds).toBeCloseTo(16 * run.seconds);
  });

  it('of a small tenant is one invocation, which is billed for a second at least', () => {
    expect(scanningRun(1, LOW)).toMatchObject({ invocations: 1, billedSeconds: 1, fits: true });
    expect(scanningRun(250, HIGH).invocations).toBe(1);
    expect(scanningRun(10_000, LOW).invocations).toBe(16);
  });

  it('ends in time up to the ceiling, and not above it', () => {
    for (const shape of [LOW, HIGH]) {
      const most = ceilingOf(shape) * 1_000;
      expect(scanningRun(most, shape).fits).toBe(true);
      expect(scanningRun(most + 2_000, shape).fits).toBe(false);
    }
  });

  it('takes longer with more open detections, by requests of a hundred', () => {
    const without = scanningRun(10_000, { ...HIGH, detections: 0 });
    const run = scanningRun(10_000, HIGH);
    expect(run.requests - without.requests).toBeCloseTo(35_000 / 100 + 35_000 / 1_000);
    expect(run.seconds).toBeGreaterThan(without.seconds);
  });
});
