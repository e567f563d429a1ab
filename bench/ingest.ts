import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Bench, outcomeOf, rounds, valuesOf } from './harness/bench.ts';
import { type Input, inputOf, MB_PER_DEVICE } from './harness/input.ts';
import type { Contestant } from './harness/interleave.ts';
import { measureProcess } from './harness/process.ts';
import { pairedRatio } from './harness/statistics.ts';
import { type StubBlob, startStorageStub } from './harness/storage_stub.ts';

/** Exports through blobs into tables: the CPU of the client, against what its parts cost alone; size in MB. */
export const bench: Bench = {
  name: 'ingest',
  full: { size: 400, rounds: 7 },
  async run({ size, rounds: count }) {
    const input = inputOf(Math.max(1, Math.round(size / MB_PER_DEVICE)));
    const modes = [
      { mode: 'ingest', name: INGEST },
      { mode: 'parse', name: PARSE },
      { mode: 'requests', name: REQUESTS },
    ];
    const measured = await rounds(
      modes.map((mode) => contestantOf(input, mode)),
      count,
    );
    const sent = (name: string) => valuesOf(measured, name, 'requests').join();
    if (sent(INGEST) !== sent(REQUESTS)) throw new Error(`${sent(INGEST)} requests against ${sent(REQUESTS)}`);
    const cpu = (name: string) => valuesOf(measured, name, 'cpuMs');
    const floor = cpu(PARSE).map((cpuMs, round) => cpuMs + (cpu(REQUESTS)[round] as number));
    return {
      work: { bytes: input.bytes, lines: input.lines, reports: input.totals.reports },
      measured,
      outcomes: {
        'CPU against parsing plus the requests alone': outcomeOf(pairedRatio(cpu(INGEST), floor), 'of their CPU', {
          atMost: 1.3,
        }),
      },
    };
  },
};

const INGEST = 'ingest: download, parse, merge';
const PARSE = 'parsing alone (floor)';
const REQUESTS = 'the same requests with the SDK alone (floor)';
const WORKER = fileURLToPath(new URL('ingest_worker.ts', import.meta.url));

function contestantOf({ folder, files, totals }: Input, { mode, name }: { mode: string; name: string }): Contestant {
  return {
    name,
    async run() {
      // Empty each time.
      const stub = await startStorageStub((blob) => fileBlob(join(folder, blob)));
      try {
        const { stdout, peakMb } = await measureProcess({
          kind: 'node',
          args: [WORKER, mode, stub.connectionString, ...files],
        });
        const { cpuMs, ms, reports } = JSON.parse(stdout) as { cpuMs: number; ms: number; reports?: number };
        const { requests, rows } = stub.asked;
        const found = reports ?? rows;
        if (found !== totals.reports) throw new Error(`${name}: ${found} in place of ${totals.reports}`);
        return { cpuMs, inProcessMs: ms, peakMb, requests };
      } finally {
        stub.stop();
      }
    },
  };
}

function fileBlob(path: string): StubBlob {
  const bytes = readFileSync(path);
  return {
    length: bytes.length,
    lastModified: 'Fri, 20 Nov 2026 12:00:00 GMT',
    pieces: (start, end) => [bytes.subarray(start, end)],
  };
}
