import { afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { inOrder, ruleRow } from '../../../src/cli/output/rows.ts';
import type { DetectionSummary } from '../../../src/core/detections/detection.ts';
import { byAverage } from '../../../src/core/detections/order.ts';
import { bin } from '../../../src/core/kql/bin.ts';
import { HOUR_MS } from '../../../src/core/kql/timespan.ts';
import { msOf, timestampFromMs } from '../../../src/core/kql/timestamp.ts';
import { KQL_RULE } from '../../../src/core/scoring/rule.ts';
import type { Grain } from '../../../src/core/scoring/series.ts';
import { windowOf } from '../../../src/core/scoring/window.ts';
import { formatsOf } from '../../../src/reading/formats.ts';
import { OfflineScore } from '../../../src/scoring/offline_scorer.ts';
import { StoreError } from '../../../src/storage/ports/store_error.ts';
import { sampleExports } from '../../../tools/sample/exports.ts';
import { planTenant } from '../../../tools/sample/plan.ts';
import { freshAccount } from '../../support/azurite.ts';
import { ruleOf } from '../../support/detections.ts';
import { mulberry32 } from '../../support/random.ts';
import { ALL, type Receiver, SECRET, System, startReceiver } from '../../support/system/system.ts';

/** The end of the data: a full hour of today, since the emulator dates the blobs. */
const END = msOf(bin(timestampFromMs(Date.now()), '1h'));
/** The next run of the hourly timer. */
const NOW = END + 50 * 60_000;

interface Export {
  readonly ref: { readonly container: string; readonly name: string };
  readonly bytes: Buffer;
}

const exports: Export[] = [];
const closing: (() => Promise<void>)[] = [];

beforeAll(() => {
  const plan = planTenant({ devices: 6, seed: 7, end: END });
  for (const { container, name, lines } of sampleExports(plan)) {
    exports.push({ ref: { container, name }, bytes: Buffer.concat(lines) });
  }
});

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function freshSystem(now: number, env: Record<string, string> = {}): Promise<System> {
  return new System(await freshAccount(inject('azurite')), now, { BASELINE_HOURS: '0', ...env });
}

/** The last two hours of the data: the first opens what the second decides. */
async function score(system: System): Promise<void> {
  for (const hour of [-1, 0]) {
    system.now = NOW + hour * HOUR_MS;
    await system.app.scoreWindows();
    await system.drain();
  }
}

const isOfRule = ({ assessments }: DetectionSummary) => assessments['kql-rule']?.lastMatched === timestampFromMs(END);

async function receiver(): Promise<Receiver> {
  const started = await startReceiver();
  closing.push(() => started.close());
  return started;
}

function sinksTo({ url }: Receiver): Record<string, string> {
  return { SINKS: JSON.stringify([{ name: 'soar', format: 'json', minSeverity: 'low', url, secret: SECRET }]) };
}

/** The rows of `score` over the same bytes. */
async function offlineRows(grain: Grain) {
  const offline = new OfflineScore(
    windowOf(timestampFromMs(END), KQL_RULE.lookbackDays),
    formatsOf(['defender']),
    () => {},
  );
  for (const { ref, bytes } of exports) {
    await offline.read(
      ref,
      (async function* () {
        yield bytes;
      })(),
    );
  }
  const { matched } = await offline.score({ ...KQL_RULE, grain });
  return inOrder(matched).map(ruleRow);
}

/** Lets the exports arrive in pieces cut anywhere, in any order among them, with readings between. */
async function arrive(system: System, seed: number): Promise<void> {
  const random = mulberry32(seed);
  const left = exports.map(({ ref, bytes }) => ({ ref, bytes, at: 0 }));
  while (left.length > 0) {
    const index = Math.floor(random() * Math.min(left.length, 4));
    const one = left[index] as (typeof left)[number];
    const size = Math.ceil(random() * one.bytes.length);
    await system.append(one.ref, one.bytes.subarray(one.at, one.at + size));
    one.at += size;
    if (one.at >= one.bytes.length) left.splice(index, 1);
    if (random() < 0.02) await readAll(system);
  }
  await readAll(system);
}

async function readAll(system: System): Promise<void> {
  await system.app.sweep();
  await system.drain();
}

describe('the system on the emulator', () => {
  it.each(['hour', 'report'] as const)('finds what score finds over the same exports, grain %s', async (grain) => {
    const soar = await receiver();
    const system = await freshSystem(NOW, { SERIES_GRAIN: grain, ...sinksTo(soar) });
    await arrive(system, grain === 'hour' ? 1 : 2);
    await score(system);

    const expected = await offlineRows(grain);
    expect(expected.length).toBeGreaterThan(5);
    const { detections: found } = await system.app.listDetections(ALL);
    const columns = Object.keys(expected[0] as object) as (keyof (typeof expected)[number])[];
    const rows = found
      .filter(isOfRule)
      .map((each) => ({ ...each, ...ruleOf(each) }))
      .sort(byAverage)
      .map((row) => columns.map((column) => [column, row[column]]));
    expect(rows.map((row) => Object.fromEntries(row))).toEqual(expected);
    const decided = found.filter(({ decision }) => decision.isDecided);
    expect(soar.received.map(({ body }) => body.data['id']).sort()).toEqual(decided.map(({ id }) => id).sort());
  });

  it('a second pass over everything changes no row but Runs, and sends nothing', async () => {
    const soar = await receiver();
    const system = await freshSystem(NOW, sinksTo(soar));
    await arrive(system, 3);
    await score(system);
    const tables = ['HourlyCounts', 'Exports', 'Detections', 'Sinks'];
    const before = await system.dump(...tables);
    const told = soar.received.length;
    expect(told).toBeGreaterThan(5);

    for (const { ref } of exports) await system.app.ingest(ref);
    await system.app.sweep();
    await system.app.scoreWindows();
    await system.app.notify({ sink: 'soar' });
    await system.drain(2);
    expect(await system.dump(...tables)).toEqual(before);
    expect(soar.received.length).toBe(told);
  });

  it('notifies once over overlapping windows, and again where the receiver was away', async () => {
    const soar = await receiver();
    const system = await freshSystem(NOW, sinksTo(soar));
    await arrive(system, 4);
    soar.status = 503;
    await score(system);
    expect(soar.received).toEqual([]);
    soar.status = 200;
    for (let hour = 1; hour <= 3; hour++) {
      system.now = NOW + hour * HOUR_MS;
      await system.app.scoreWindows();
      await system.drain();
    }
    const ids = soar.received.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const { detections: live } = await system.app.listDetections(ALL);
    const decided = live.filter(({ decision }) => decision.isDecided).map(({ id }) => id);
    expect([...new Set(soar.received.map(({ body }) => body.data['id']))].sort()).toEqual(decided.sort());
  });

  it('starts on nothing but an empty account, twice at once', async () => {
    const one = await freshSystem(NOW);
    const connectionString = (one.app.config.storage as { value: string }).value;
    const other = new System(connectionString, NOW);
    const first = exports[40] as Export;
    await one.append(first.ref, first.bytes);
    await Promise.all([one.app.sweep(), other.app.sweep()]);
    await Promise.all([one.app.ingest(first.ref), other.app.ingest(first.ref)]);
    await Promise.all([one.app.scoreWindows(), other.app.scoreWindows()]);
    await Promise.all([one.drain(), other.drain()]);
    const { HourlyCounts, Runs } = await one.dump('HourlyCounts', 'Runs');
    expect(HourlyCounts?.length).toBeGreaterThan(10);
    // One for each partition, and one for the baseline.
    expect(Runs?.length).toBe(17);
  });

  it('continues with the existing containers, and names the missing ones', async () => {
    const present = exports[0]?.ref.container as string;
    const system = await freshSystem(NOW, { EXPORT_CONTAINERS: `not-there,${present},nor-this` });
    await system.append((exports[0] as Export).ref, (exports[0] as Export).bytes);
    expect(await system.app.sweep()).toMatchObject({ queued: 1, missingContainers: ['not-there', 'nor-this'] });
  });

  it('an account that refuses is an error that names the resource, and no key', async () => {
    const system = await freshSystem(NOW);
    const { value } = system.app.config.storage as { value: string };
    const refused = new System(
      value.replace(/AccountKey=[^;]*/, `AccountKey=${Buffer.from('wrong').toString('base64')}`),
      NOW,
    );
    const error: Error = await refused.app.scoreWindows().then(
      () => Promise.reject(new Error('it went through')),
      (thrown: Error) => thrown,
    );
    expect(error).toBeInstanceOf(StoreError);
    expect(error.message).toMatch(/^Runs: get in partition baseline failed/);
    expect(`${error.message}${error.stack}`).not.toMatch(/AccountKey|sig=|http/);
  });
});
