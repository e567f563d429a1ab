import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PartQueue } from '../../../src/cli/part_queue.ts';
import type { ReadTask } from '../../../src/cli/read_files.ts';
import { type PartsTask, readParts } from '../../../src/cli/read_parts.ts';
import { readInThreads } from '../../../src/cli/read_threads.ts';
import type { startThread } from '../../../src/cli/start_thread.ts';
import { timestampFromMs } from '../../../src/core/kql/timestamp.ts';
import { windowOf } from '../../../src/core/scoring/window.ts';
import { formatsOf } from '../../../src/reading/formats.ts';
import { rowsLimit } from '../../../src/scoring/offline_counts.ts';
import { OfflineScore } from '../../../src/scoring/offline_scorer.ts';
import { flat } from '../core/records/records.ts';

const NOON = Date.UTC(2026, 10, 20, 12);
const WINDOW = windowOf(timestampFromMs(NOON), 3);
const THREADS = 3;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'beaconwatch-in-threads-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Reads nine files. Gives the MB of progress, and the timers that still run. */
async function read(start: typeof startThread) {
  const files = Array.from({ length: 9 }, (_, n) => {
    const path = join(folder, `${n}.json`);
    const row = flat({ TimeGenerated: new Date(NOON - (n + 1) * 3_600_000).toISOString(), ReportId: n });
    writeFileSync(path, `${JSON.stringify(row)}\n`);
    return { path, bytes: statSync(path).size };
  });
  const formats = formatsOf(['defender']);
  const offline = new OfflineScore(WINDOW, formats, () => {});
  const task: ReadTask = {
    ...{ files, threads: THREADS, named: new Set(), sources: ['defender'], window: WINDOW, dateOrder: undefined },
    ...{ plausible: WINDOW.asOf, context: null },
  };
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  let megabytes = 0;
  const progress = {
    add(amount: number) {
      megabytes += amount;
    },
  };
  try {
    await readInThreads(offline, () => {}, task, THREADS, progress, start);
  } finally {
    offline.close();
  }
  return { bytes: files.reduce((sum, file) => sum + file.bytes, 0), megabytes, timers: timers() - before, offline };
}

it('readInThreads shares the memory for rows, and shows each byte once as progress', async () => {
  const given: PartsTask[] = [];
  const { bytes, megabytes, timers, offline } = await read((task, queue) => {
    given.push(task);
    const shared = new PartQueue(queue.shared);
    return readParts(task, shared, (each) => shared.addBytes(each));
  });
  expect(given.map(({ memoryBytes }) => memoryBytes)).toEqual([rowsLimit() / THREADS, rowsLimit() / THREADS]);
  expect(megabytes).toBeCloseTo(bytes / 1e6, 9);
  expect({ timers, reports: offline.counters.reports }).toEqual({ timers: 0, reports: 9 });
});

it('readInThreads throws the failure of the first part', async () => {
  let started = 0;
  const failing: typeof startThread = async () => {
    const part = started++ === 0 ? 7 : 2;
    return { ok: false, failure: { part, message: `of part ${part}`, stack: undefined, isExpected: true } };
  };
  await expect(read(failing)).rejects.toThrow('of part 2');
});
