/**
 * Peak memory of ingest by the size of an export: the real reader, protocol and clients in a process of their own, against
 * a server that makes up the exports as they are read, so that gigabytes never lie anywhere. With SOURCES=defender-raw in
 * the environment, of raw events.
 *
 * Each process reads as much: one export of the largest size, or as many as come to it. A process takes a while to reach
 * what it needs for good (compiled code, the allocator's arenas), so that one which has read little tells nothing of a
 * size.
 */

import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';
import { COMMON } from '../scripts/bundle.ts';
import { HOUR_MS } from '../src/core/kql/timespan.ts';
import { type Bench, outcomeOf, rounds, valuesOf } from './harness/bench.ts';
import { measureProcess } from './harness/process.ts';
import { pairedRatio } from './harness/statistics.ts';
import { type StubBlob, startStorageStub } from './harness/storage_stub.ts';
import { benchTenant, linesOf } from './harness/tenant.ts';

const MIB = 1024 * 1024;
const WORKER = fileURLToPath(new URL('../.local/bench/memory_worker.js', import.meta.url));
/**
 * Without these V8 lets garbage lie, as long as the machine has room: some 300 MB, of which 20 to 60 are in use. With
 * them it shows what is needed. The functions run with the first as well (docs/architecture.md, Memory).
 */
const HEAP = ['--max-semi-space-size=4', '--max-old-space-size=96'];

/** Sizes in MiB at the full size of 1. */
const SIZES = [64, 1024, 4096];
/** When the exports last grew: recent, so that their reports are none that have expired. */
const MODIFIED = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;

export const bench: Bench = {
  name: 'memory',
  full: { size: 1, rounds: 2 },
  async run({ size, rounds: count }) {
    await bundle({
      ...COMMON,
      outdir: dirname(WORKER),
      entryPoints: [fileURLToPath(new URL('./memory_worker.ts', import.meta.url))],
    });
    const pattern = exportPattern();
    const stub = await startStorageStub((name) => blobOf(name, pattern));
    try {
      const sizes = SIZES.map((mib) => Math.max(1, Math.round(mib * size)));
      const largest = Math.max(...sizes);
      const contestants = sizes.map((mib) => ({
        name: `exports of ${mib.toLocaleString('en-US')} MiB`,
        run: (round: number) => {
          const names = Array.from({ length: Math.floor(largest / mib) }, (_, n) => `${round}/${n}/${mib}MiB.json`);
          return ingest(names, stub.connectionString);
        },
      }));
      const measured = await rounds(contestants, count);
      const [first = [], ...rest] = contestants.map(({ name }) => valuesOf(measured, name, 'peakMb'));
      return {
        work: { smallestMiB: sizes[0] as number, largestMiB: sizes.at(-1) as number },
        measured,
        outcomes: Object.fromEntries(
          rest.map((peaks, index) => [
            `peak memory at ${contestants[index + 1]?.name} against ${contestants[0]?.name}`,
            outcomeOf(pairedRatio(peaks, first), 'of its peak', { atMost: 1.1, atLeast: 0.9 }),
          ]),
        ),
      };
    } finally {
      stub.stop();
    }
  },
};

/** Lines as the exporter writes them, to be repeated: enough of them that a partition has its hundred before they do. */
function exportPattern(): Buffer {
  const tenant = benchTenant(120, MODIFIED);
  const lines = [70, 71].flatMap((hour) => tenant.devices.flatMap((member) => linesOf(tenant, member, hour).lines));
  return Buffer.concat(lines);
}

/** A blob whose name is its size in MiB: the pattern over and over. */
function blobOf(name: string, pattern: Buffer): StubBlob {
  return {
    length: Number(/(\d+)MiB/.exec(name)?.[1]) * MIB,
    lastModified: new Date(MODIFIED).toUTCString(),
    *pieces(start, end) {
      for (let at = start; at < end; ) {
        const from = at % pattern.length;
        const piece = pattern.subarray(from, Math.min(pattern.length, from + (end - at), from + 64 * 1024));
        at += piece.length;
        yield piece;
      }
    },
  };
}

async function ingest(blobs: readonly string[], storage: string) {
  const { wallMs, cpuMs, peakMb, stdout } = await measureProcess({
    kind: 'node',
    args: [...HEAP, WORKER, ...blobs],
    env: { AzureWebJobsStorage: storage },
  });
  return { peakMb, wallMs, cpuMs, rows: (JSON.parse(stdout) as { rows: number }).rows };
}
