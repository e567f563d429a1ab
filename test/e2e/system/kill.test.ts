import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, inject, it } from 'vitest';
import { bin } from '../../../src/core/kql/bin.ts';
import { msOf, timestampFromMs } from '../../../src/core/kql/timestamp.ts';
import { KQL_RULE } from '../../../src/core/scoring/rule.ts';
import { windowOf } from '../../../src/core/scoring/window.ts';
import { formatsOf } from '../../../src/reading/formats.ts';
import { OfflineScore } from '../../../src/scoring/offline_scorer.ts';
import { sampleExports } from '../../../tools/sample/exports.ts';
import { planTenant } from '../../../tools/sample/plan.ts';
import { freshAccount } from '../../support/azurite.ts';
import { ruleOf } from '../../support/detections.ts';
import { mulberry32 } from '../../support/random.ts';
import { ALL, System } from '../../support/system/system.ts';

/** More of them: `KILLS=25 npx vitest run test/e2e/system/kill.test.ts`; the same ones: `SEED=…`. */
const KILLS = Number(process.env['KILLS'] ?? 4);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const WORKER = fileURLToPath(new URL('../../support/system/worker.ts', import.meta.url));
/** Older than a lease may grow before it is anybody's. */
const STEP_MS = 11 * 60_000;
const END = msOf(bin(timestampFromMs(Date.now()), '1h'));

it(`the system killed ${KILLS} times while exports grow ends with the rows of score (SEED=${SEED})`, async () => {
  const random = mulberry32(SEED);
  const connectionString = await freshAccount(inject('azurite'));
  const system = new System(connectionString, END + 50 * 60_000);
  const exports = [...sampleExports(planTenant({ devices: 3, seed: 11, end: END }))].map(
    ({ container, name, lines }) => ({
      ref: { container, name },
      bytes: Buffer.concat(lines),
      at: 0,
    }),
  );

  const uploading = { done: 0 };
  const growing = [...exports];
  for (let kill = 0; kill < KILLS; kill++) {
    const worker = startWorker(connectionString, kill * STEP_MS);
    const death = worker.ready.then(() => delay(random() * 1500)).then(() => worker.child.kill('SIGKILL'));
    // Exports grow while it works and dies: of all pieces the share of this batch.
    while (uploading.done < ((kill + 1) / KILLS) * exports.length * 2 && growing.length > 0) {
      const index = Math.floor(random() * Math.min(3, growing.length));
      const one = growing[index] as (typeof growing)[number];
      const size = one.at === 0 ? Math.ceil(random() * one.bytes.length) : one.bytes.length;
      await system.append(one.ref, one.bytes.subarray(one.at, one.at + size));
      one.at += size;
      uploading.done++;
      if (one.at >= one.bytes.length) growing.splice(index, 1);
    }
    await death;
    expect(await worker.ended).toBe('SIGKILL');
  }
  for (const one of growing) await system.append(one.ref, one.bytes.subarray(one.at));

  const last = startWorker(connectionString, KILLS * STEP_MS, 'once');
  expect(await last.ended).toBe(0);
  await system.app.scoreWindows();
  await system.drain();

  const offline = new OfflineScore(
    windowOf(timestampFromMs(END), KQL_RULE.lookbackDays),
    formatsOf(['defender']),
    () => {},
  );
  for (const { ref, bytes } of exports) await offline.read(ref, asStream(bytes));
  const { matched, rows } = await offline.score(KQL_RULE);
  expect(matched.length).toBeGreaterThan(5);
  const { HourlyCounts } = await system.dump('HourlyCounts');
  expect(HourlyCounts).toHaveLength(rows);
  const { detections: found } = await system.app.listDetections(ALL);
  expect(found.map((each) => [each.groupId, ruleOf(each).average]).sort()).toEqual(
    matched.map(({ group, match }) => [group.groupId, match.stats.avg]).sort(),
  );
});

async function* asStream(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

function startWorker(connectionString: string, aheadMs: number, ...args: string[]) {
  const child: ChildProcess = spawn(process.execPath, [WORKER, ...args], {
    env: { ...process.env, AzureWebJobsStorage: connectionString, CLOCK_AHEAD_MS: String(aheadMs) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  const ready = new Promise<void>((resolve) => {
    child.stdout?.once('data', () => resolve());
    void ended.then(() => resolve());
  });
  return { child, ended, ready };
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
