import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { inOrder, ruleRow, seriesColumns } from '../../../src/cli/output/rows.ts';
import { timestampOf } from '../../../src/core/kql/timestamp.ts';
import type { Rule } from '../../../src/core/scoring/rule.ts';
import { windowOf } from '../../../src/core/scoring/window.ts';
import { formatsOf } from '../../../src/reading/formats.ts';
import { OfflineScore } from '../../../src/scoring/offline_scorer.ts';
import { tries } from '../../support/effort.ts';
import { HOUR, rowsOf, type TwinRow, type TwinStats, textOf, ticksOf } from './rule.twin.ts';

/** Numbers that follow from a seed (mulberry32): a failure can be had again. */
class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed;
  }
  /** From 0 up to but not with 1. */
  real(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  /** From `min` to `max`, both included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.real() * (max - min + 1));
  }
  chance(p: number): boolean {
    return this.real() < p;
  }
  one<T>(values: readonly T[]): T {
    return values[this.whole(0, values.length - 1)]!;
  }
  shuffled<T>(values: readonly T[]): T[] {
    const all = [...values];
    for (let i = all.length - 1; i > 0; i--) {
      const j = this.whole(0, i);
      [all[i], all[j]] = [all[j]!, all[i]!];
    }
    return all;
  }
}

type Count = (hour: number) => number;

/** How many connections a group makes in its n-th hour. */
const SHAPES: readonly ((random: Random) => Count)[] = [
  (random) => {
    const level = random.whole(30, 130);
    return () => level;
  },
  (random) => {
    const level = random.whole(43, 120);
    const odd = random.whole(0, 11);
    return (hour) => (hour % 12 === odd && random.chance(0.5) ? level - 1 : level);
  },
  (random) => {
    const level = random.whole(40, 70);
    return () => level + random.whole(-2, 2);
  },
  (random) => {
    const level = random.whole(45, 500);
    const spread = random.whole(1, level);
    return () => random.whole(level - spread, level + spread);
  },
  (random) => {
    const period = random.one([3, 4, 5, 6, 8, 12, 24, 30]);
    const pattern = Array.from({ length: period }, (_, i) => (i === 0 ? 300 : random.whole(40, 120)));
    const jitter = random.one([0, 0, 2, 20]);
    return (hour) => pattern[hour % period]! + random.whole(0, jitter);
  },
  (random) => {
    const level = random.whole(1, 60);
    const every = random.one([0, 5, 12, 24]);
    return (hour) => (random.chance(0.05) || (every > 0 && hour % every === 0) ? random.whole(200, 5000) : level);
  },
  (random) => () => random.whole(0, 100),
  (random) => () => random.one([45, 45, 45, 46, 44]),
];

interface Tenant {
  readonly lines: readonly string[];
  readonly asOf: bigint;
}

/** Exported lines of some groups: in no order, some twice, some by another route, some of no interest. */
function tenant(random: Random, groups: number, lookbackMs: number, grain: 'hour' | 'report'): Tenant {
  const asOf =
    ticksOf('2026-11-20T12:00:00Z') + (random.chance(0.5) ? 0n : BigInt(random.whole(0, 36_000_000)) * 1000n);
  const reports = Array.from({ length: groups }, (_, group) => groupReports(random, group, asOf, lookbackMs)).flat();
  // Reports of one instant have no order in Kusto: where each is a point, no two are of one.
  const seen = new Set<bigint>();
  const told = reports.filter(({ time }) => grain === 'hour' || (!seen.has(ticksOf(time)) && seen.add(ticksOf(time))));
  const lines = told.flatMap((report) => deliveries(random, report));
  return { lines: random.shuffled(lines), asOf };
}

const LEFT_OUT = ['10.0.0.1', '172.20.1.1', '192.168.1.1', '169.254.1.1', '127.0.0.1', '-', '', '2001:db8::1'];

type Report = Record<string, unknown> & { readonly time: string };

function groupReports(random: Random, group: number, asOf: bigint, lookbackMs: number): Report[] {
  const count = random.one(SHAPES)(random);
  const hours = Math.ceil(lookbackMs / 3_600_000);
  const first = random.chance(0.3) ? 0 : random.whole(0, hours);
  const last = random.chance(0.6) ? hours + 1 : random.whole(first, hours + 1);
  // A hole moves all that follows, so a season needs a group without.
  const isSteady = random.chance(0.5);
  const presence = isSteady ? 1 : random.one([1, 0.9, 0.5]);
  const perHour = isSteady ? 1 : random.one([1, 1, 2, 3]);
  const nulls = isSteady ? 0 : random.one([0, 0, 0.1, 0.9]);
  const base = {
    // Groups differ in one of the three alone, or by case; some are one and the same.
    DeviceName: random.one(['wks-1', 'wks-2', 'WKS-1', '', 'wks-ü']),
    InitiatingProcessFileName: random.one(['updater.exe', 'Updater.exe', null, `tool${group}.exe`]),
    RemoteIP: random.chance(0.15)
      ? random.one(LEFT_OUT)
      : random.one(['203.0.113.1', `192.0.2.${group}`, `100.64.${group}.1`]),
  };
  const start = asOf - BigInt(lookbackMs) * 10_000n;
  const reports: Report[] = [];
  for (let hour = first; hour <= last; hour++) {
    if (!random.chance(presence)) continue;
    const times = perHour === 1 ? 1 : random.whole(1, perHour);
    for (let n = 0; n < times; n++) {
      const offset = random.chance(0.05)
        ? random.one([0n, 1n, HOUR - 1n])
        : BigInt(random.whole(0, 3_599_999)) * 10_000n;
      const value = random.chance(nulls) ? null : count(hour);
      reports.push({
        ...base,
        time: timeOf(random, start + BigInt(hour - 1) * HOUR + offset),
        count: value,
        id: group * 10_000 + hour * 10 + n,
      });
    }
  }
  return reports;
}

/** As many fraction digits as are needed, or more. */
function timeOf(random: Random, ticks: bigint): string {
  const text = textOf(ticks);
  return random.chance(0.5) ? text : text.replace(/\.?0*Z$/, 'Z');
}

function deliveries(random: Random, { time, count, id, ...base }: Report): string[] {
  const value = random.chance(0.2) && count !== null ? `${count}` : count;
  const fields =
    value === null ? random.one([null, {}, { uniqueEventsAggregated: null }]) : { uniqueEventsAggregated: value, x: 1 };
  const ActionType = random.chance(0.03)
    ? random.one(['ConnectionSuccess', 'ConnectionFound', 'AggregatedReports'])
    : random.one(['ConnectionSuccessAggregatedReport', 'ConnectionFailedAggregatedReport']);
  const row = {
    ...base,
    DeviceId: random.one(['d1', 'd1', null, '']),
    ReportId: id,
    ActionType,
    RemotePort: random.one([443, null]),
    LocalIP: '192.0.2.9',
  };
  const streamed = () =>
    JSON.stringify({
      time: `2026-11-20T13:${random.whole(10, 59)}:00.${random.whole(0, 9_999_999)}Z`,
      category: 'AdvancedHunting-DeviceNetworkEvents',
      properties: { ...row, Timestamp: time, AdditionalFields: fields === null ? null : JSON.stringify(fields) },
    });
  const flat = () =>
    JSON.stringify({ TimeGenerated: time, Type: 'DeviceNetworkEvents', AdditionalFields: fields, ...row });
  const all = [random.chance(0.8) ? streamed() : flat()];
  while (random.chance(0.05)) all.push(random.one([streamed, flat])());
  return all;
}

/** The rows of the system, from the same lines, in several exports cut anywhere. */
async function systemRows(random: Random, { lines, asOf }: Tenant, rule: Rule): Promise<TwinRow[]> {
  const window = windowOf(timestampOf(textOf(asOf))!, rule.lookbackDays);
  const offline = new OfflineScore(window, formatsOf(['defender']), (letters) => {
    throw new Error(`a dead letter: ${letters[0]?.reason}`);
  });
  const exports = random.whole(1, 4);
  for (let part = 0; part < exports; part++) {
    const bytes = Buffer.from(
      lines
        .filter((_, i) => i % exports === part)
        .map((line) => `${line}\r\n`)
        .join(''),
    );
    const chunkBytes = random.one([1 << 20, 50_000, 4999]);
    async function* chunks() {
      for (let i = 0; i < bytes.length; i += chunkBytes) yield bytes.subarray(i, i + chunkBytes);
    }
    await offline.read({ container: '', name: `${part}` }, chunks());
  }
  const { matched } = await offline.score(Object.freeze(rule));
  return inOrder(matched).map((each) => ({ ...ruleRow(each), ...seriesColumns(each) }));
}

const NOTHING: Readonly<TwinStats> = Object.freeze({
  groups: 0,
  matches: 0,
  seasons: 0,
  outliers: 0,
  nulls: 0,
  repeats: 0,
});

async function compare(seed: number, groups: number, rule: Rule, stats: TwinStats): Promise<void> {
  const random = new Random(seed);
  const lookbackMs = Math.round(rule.lookbackDays * 86_400_000);
  const exported = tenant(random, groups, lookbackMs, rule.grain);
  const twin = rowsOf(
    exported.lines,
    {
      asOf: exported.asOf,
      lookbackMs,
      minUniform: rule.minUniformPerDay * rule.lookbackDays,
      minAverage: rule.minAverage,
      threshold: rule.anomalyThreshold,
      grain: rule.grain,
    },
    stats,
  );
  const rows = await systemRows(random, exported, rule);
  expect(rows, `seed ${seed}`).toEqual(twin);
  expect(rows.map((row) => Object.keys(row))).toEqual(twin.map((row) => Object.keys(row)));
}

const SEED_RULE: Rule = Object.freeze({
  lookbackDays: 3,
  minUniformPerDay: 4,
  minAverage: 45,
  anomalyThreshold: 1.5,
  grain: 'hour',
});

describe('the rule over exports gives the rows of its slow twin, in their order', () => {
  it.each(['hour', 'report'] as const)('in grain %s, over hundreds of groups', async (grain) => {
    const stats = { ...NOTHING };
    const seeds = tries(6, 120);
    for (let seed = 1; seed <= seeds; seed++) await compare(seed, 60, { ...SEED_RULE, grain }, stats);
    // Not about nothing: hits and misses, with and without season, outliers, nulls and repeats.
    expect(stats.groups).toBeGreaterThan(40 * seeds);
    expect(stats.matches).toBeGreaterThan(13 * seeds);
    expect(stats.matches).toBeLessThan(stats.groups - 13 * seeds);
    expect(stats.seasons).toBeGreaterThan(seeds / 4);
    expect(stats.outliers).toBeGreaterThan(6 * seeds);
    expect(stats.nulls).toBeGreaterThan(30 * seeds);
    expect(stats.repeats).toBeGreaterThan(30 * seeds);
  });

  it('with other settings than the published rule has', async () => {
    const stats = { ...NOTHING };
    const seeds = tries(16, 320);
    for (let seed = 1001; seed <= 1000 + seeds; seed++) {
      const random = new Random(-seed);
      const rule: Rule = {
        lookbackDays: random.one([0.04, 0.3, 0.5, 1, 2.25, 5]),
        minUniformPerDay: random.one([0, 1, 4, 4.5, 12]),
        minAverage: random.one([0, 12.5, 45, 60, 300]),
        anomalyThreshold: random.one([0, 0.5, 1, 1.5, 3, 10]),
        grain: random.one(['hour', 'report']),
      };
      await compare(seed, 25, rule, stats);
    }
    expect(stats.groups).toBeGreaterThan(12 * seeds);
    expect(stats.matches).toBeGreaterThan(3 * seeds);
    expect(stats.outliers).toBeGreaterThan(seeds);
  });
});
