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
import { ceilingOf, countFilesRun, type HourlyRuns, RUN } from '../../../scripts/run_model.ts';
import { readConfig } from '../../../src/config.ts';
import { segmentBytesOf } from '../../../src/ingest/segment_cutter.ts';
import { REPO } from '../../support/bundle/child.ts';
import { LONG } from '../../support/effort.ts';
import { files, MAIN } from './template.ts';

const read = (path: string) => readFileSync(join(REPO, path), 'utf8');
const measured = JSON.parse(read('bench/local_requests.json')) as Measured;
const hourly = JSON.parse(read('bench/hourly.json')) as HourlyRuns;
const counted = { measured, hourly };
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
    const [small, large] = [1_000, 100_000].map((devices) => monthOf(devices, LOW, counted, prices)) as [Month, Month];
    expect(large.amounts.reports / small.amounts.reports).toBeCloseTo(100);
    expect(large.exporter / small.exporter).toBeCloseTo(100);
    expect(large.ours - small.ours).toBeGreaterThan(10);
    for (const { ours, usd } of [small, large]) {
      expect(Object.values(usd).reduce((sum, each) => sum + each, 0)).toBeCloseTo(ours);
      for (const each of Object.values(usd)) expect(each).toBeGreaterThanOrEqual(0);
    }
  });

  it('assumes what the settings and templates have', () => {
    const { retentionDays, historyDays, countFileDays } = readConfig({
      AzureWebJobsStorage: 'UseDevelopmentStorage=true',
    });
    const byDefault = (name: string) => Number(new RegExp(`^param ${name} \\w+ = (\\d+)$`, 'm').exec(MAIN.text)?.[1]);
    const exportsKeepDays = byDefault('exportsKeepDays');
    const memoryGb = byDefault('instanceMemoryMB') / 1024;
    expect(ASSUMED).toMatchObject({ historyDays, exportsKeepDays, memoryGb });
    expect(RUN).toMatchObject({ retentionDays, countFileDays });
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
    expect(() => monthOf(1, LOW, counted, {})).toThrow('no price');
  });
});

describe('the shapes of devices', () => {
  it('the high one is what the tenant of the benchmarks sends in a day', () => {
    const tenant = benchTenant(250);
    const devices = tenant.devices.filter((_, index) => LONG || index % 5 === 0);
    let [bytes, reports] = [0, 0];
    for (let hour = 24; hour < 48; hour++) {
      for (const member of devices) {
        const sent = linesOf(tenant, member, hour);
        bytes += sent.lines.reduce((sum, { length }) => sum + length, 0);
        reports += sent.reports;
      }
    }
    expect(bytes / devices.length / 24 / HIGH.bytes).toBeCloseTo(1, 2);
    expect(reports / devices.length / 24 / HIGH.reports).toBeCloseTo(1, 2);
    expect(HIGH.rows).toBeLessThanOrEqual(HIGH.reports);
  });
});

describe('bench/hourly.json', () => {
  it.each(hourly.runs)('at $devices devices reads no row with nothing new, and few in a usual hour', (run) => {
    expect(run.quiet.rows).toBe(0);
    expect(run.usual.rows).toBeLessThanOrEqual(run.scanned / 20);
    expect(run.first.rows).toBeGreaterThan(run.scanned);
  });

  it('has the sizes that the model needs', () => {
    expect(hourly.runs.map(({ devices }) => devices)).toEqual([250, 10_000, 100_000]);
    expect(hourly.runs[0]?.usual.requests).toBeLessThanOrEqual(60);
  });
});

describe('countFilesRun(devices, shape)', () => {
  it('at a counted size is what was counted, for sixteen partitions, and the open detections', () => {
    const [, , last] = hourly.runs;
    const run = countFilesRun(100_000, { ...HIGH, rows: RUN.countedRows, detections: 0 }, hourly);
    expect(run.rowsRead).toBeCloseTo(16 * (last?.usual.rows ?? 0) + 1_800_000 / 24);
    const once = (last?.begin.cpuMs ?? 0) + (last?.processes.cpuMs ?? 0);
    expect(run.cpuSeconds).toBeCloseTo((16 * (last?.usual.cpuMs ?? 0) + once) / 1000);
    const open = countFilesRun(100_000, { ...HIGH, rows: RUN.countedRows }, hourly);
    expect(open.tableRequests - run.tableRequests).toBeCloseTo(350_000 / 100 + 350_000 / 1_000);
    expect(open.cpuSeconds - run.cpuSeconds).toBeCloseTo(350_000 * 320e-6);
    expect(open.billedSeconds - run.billedSeconds).toBeCloseTo(16 * (open.seconds - run.seconds));
  });

  it('of a small tenant is one invocation, which is billed for a second at least', () => {
    expect(countFilesRun(1, LOW, hourly)).toMatchObject({ invocations: 1, fits: true });
    expect(countFilesRun(1, LOW, hourly).billedSeconds).toBeGreaterThanOrEqual(1);
    expect(countFilesRun(10_000, HIGH, hourly).invocations).toBe(16);
  });

  it('ends in time up to the ceiling', () => {
    for (const shape of [LOW, HIGH]) {
      const most = ceilingOf(shape, hourly) * 1_000;
      expect(countFilesRun(most, shape, hourly).fits).toBe(true);
    }
  });
});

describe('the high case', () => {
  const [small, medium, large] = [100, 10_000, 100_000].map((devices) => monthOf(devices, HIGH, counted, prices)) as [
    Month,
    Month,
    Month,
  ];

  it('ends a run of 100,000 devices within ten minutes', () => {
    expect(large.run.seconds).toBeLessThanOrEqual(600);
  });

  it('costs at most $40 at 10,000 devices and $200 at 100,000', () => {
    expect(medium.ours).toBeLessThanOrEqual(40);
    expect(large.ours).toBeLessThanOrEqual(200);
  });

  it('costs a tenant of 100 devices at most $0.50 more than a run that scanned everything, which was $4.28', () => {
    expect(small.ours).toBeLessThanOrEqual(4.28 + 0.5);
  });
});
