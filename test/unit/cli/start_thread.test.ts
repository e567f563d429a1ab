import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { PartQueue } from '../../../src/cli/part_queue.ts';
import { type PartsTask, readParts } from '../../../src/cli/read_parts.ts';
import { startThread } from '../../../src/cli/start_thread.ts';
import { timestampFromMs } from '../../../src/core/kql/timestamp.ts';
import { windowOf } from '../../../src/core/scoring/window.ts';
import { node } from '../../support/bundle/child.ts';
import { handedOver } from '../../support/cli/handed_over.ts';
import { flat } from '../core/records/records.ts';

const NOON = Date.UTC(2026, 10, 20, 12);
const FILES = 12;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'beaconwatch-thread-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

/** Files of 30 hours of three groups; each hour stands in two files, with another program. */
function taskOf(memoryBytes: number): PartsTask {
  const parts = Array.from({ length: FILES }, (_, n) => {
    const rows = Array.from({ length: 30 }, (_, hour) =>
      flat({
        TimeGenerated: new Date(NOON - hour * 3_600_000 - 60_000).toISOString(),
        ReportId: hour,
        DeviceName: `wks-${(n >> 1) % 3}`,
        InitiatingProcessSHA1: (n % 2 === 0 ? 'a' : 'b').repeat(40),
      }),
    );
    const path = join(folder, `${n}.json`);
    writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return [{ path, bytes: 1 }];
  });
  const window = windowOf(timestampFromMs(NOON), 3);
  const task = { named: new Set<string>(), sources: ['defender'], dateOrder: undefined, regular: null } as const;
  return { ...task, parts, window, plausible: window.asOf, memoryBytes };
}

describe('startThread', () => {
  it('hands over every part once, as if one thread had read them', async () => {
    const task = taskOf(1e6);
    const queue = new PartQueue();
    const threads = await handedOver(await Promise.all([startThread(task, queue), startThread(task, queue)]));
    const one = await handedOver([await readParts(task, new PartQueue(), () => {})]);
    expect(threads).toEqual(one);
    expect(one.facts.map(({ part }) => part)).toEqual(Array.from({ length: FILES }, (_, n) => n));
    expect(new Set(one.rows.map((row) => row.programHash)).size).toBe(1);
    expect({ rows: one.rows.length, isRead: queue.bytes > 10_000 }).toEqual({ rows: 90, isRead: true });
  });

  it('hands over temporary files that stay open when the thread has ended', async () => {
    const { named: _named, ...task } = taskOf(0);
    const program = fileURLToPath(new URL('../../support/cli/rows_of_threads.ts', import.meta.url));
    const { code, stdout } = await node([program, JSON.stringify(task)]);
    expect(code).toBe(0);
    const { inFiles, ...threads } = JSON.parse(stdout);
    const one = await handedOver([await readParts(taskOf(1e6), new PartQueue(), () => {})]);
    expect(threads).toEqual({ rows: one.rows, facts: one.facts });
    expect(inFiles).toBeGreaterThan(0);
  });

  it.each([
    ['process.exit(3)', 'exit code 3'],
    ['process.exit(0)', 'exit code 0'],
    ['throw new Error("gone")', 'gone'],
  ])('a thread that ends by %s has failed, and the others stop', async (program, reason) => {
    const queue = new PartQueue();
    const read = await startThread(taskOf(1e6), queue, new URL(`data:text/javascript,${program}`));
    expect(read).toMatchObject({ ok: false, failure: { isExpected: true } });
    expect(read.ok ? '' : read.failure.message).toBe(
      `a thread that reads files has ended (${reason}), so nothing is scored: try again with --threads 1`,
    );
    expect(queue.take()).toBeGreaterThan(FILES);
  });

  it('says what to do where the temporary file cannot be written', async () => {
    vi.stubEnv('TMPDIR', join(folder, 'no-such-folder'));
    const queue = new PartQueue();
    const read = await readParts(taskOf(0), queue, () => {});
    expect(read).toMatchObject({ ok: false, failure: { part: 0, isExpected: true } });
    expect(read.ok ? '' : read.failure.message).toMatch(/^cannot write the temporary file in .*: set TMPDIR to /);
    expect(queue.take()).toBeGreaterThan(FILES);
  });
});
