/**
 * Peak memory of ingest by the size of an export: the real reader, protocol and clients in a process of their own, against
 * an emulator for the tables and a server that makes up the exports as they are read, so that gigabytes never lie anywhere.
 *
 * Each process reads as much: one export of the largest size, or as many as come to it. A process takes some minutes to
 * reach what it needs for good (compiled code, the allocator's arenas), so that one which has read little tells nothing of
 * a size. What it had when its first export was done is named beside.
 *
 *   npm run bench:memory                                     64 MiB, 1 GiB and 4 GiB, three times each
 *   npm run bench:memory -- --rounds 1 64 256                sizes in MiB
 *   npm run bench:memory -- --sources defender-raw 64 1024   raw events
 */
import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build as bundle } from 'esbuild';
import { COMMON } from '../scripts/bundle.ts';
import { startAzurite } from '../src/cli/azurite.ts';
import { sampleExports } from '../src/cli/sample/exports.ts';
import { planTenant } from '../src/cli/sample/plan.ts';

const MIB = 1024 * 1024;
const WORKER = fileURLToPath(new URL('../.local/bench/memory-worker.js', import.meta.url));
/**
 * Without these V8 lets garbage lie, as long as the machine has room: some 300 MB, of which 20 to 60 are in use. With
 * them it shows what is needed. The functions run with the first as well (docs/architecture.md, Memory).
 */
const HEAP = ['--max-semi-space-size=4', '--max-old-space-size=96'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' }, sources: { type: 'string', default: 'defender' } },
});
const sizes = positionals.map(Number);
if (sizes.length === 0) sizes.push(64, 1024, 4096);

await bundle({
  ...COMMON,
  outdir: dirname(WORKER),
  entryPoints: [fileURLToPath(new URL('./memory-worker.ts', import.meta.url))],
});
const pattern = exportPattern();
const azurite = await startAzurite();
const server = createServer(serveBlob).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const { port } = server.address() as AddressInfo;
try {
  console.log(
    `Node ${process.versions.node}, ${cpus()[0]?.model}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
  );
  const peaks = new Map<number, number[]>();
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const size of sizes) {
      const exports = Math.max(1, Math.floor(Math.max(...sizes) / size));
      const { firstMb, peakMb, seconds, rows } = await ingest(size, exports, round);
      peaks.set(size, [...(peaks.get(size) ?? []), peakMb]);
      console.log(
        `round ${round}  ${exports} x ${size} MiB  peak ${peakMb.toFixed(0)} MB, ${firstMb.toFixed(0)} MB by the first  ` +
          `${seconds.toFixed(1)} s  ${rows} rows`,
      );
    }
  }
  const medians = sizes.map((size) => median(peaks.get(size) ?? []));
  for (const [index, size] of sizes.entries()) {
    const peak = medians[index] as number;
    console.log(
      `${size} MiB: median peak ${peak.toFixed(0)} MB, ${(peak / (medians[0] as number)).toFixed(2)} of the smallest`,
    );
  }
} finally {
  server.close();
  await azurite.stop();
}

/** Some megabytes of lines as the exporter writes them, to be repeated. */
function exportPattern(): Buffer {
  const plan = planTenant({ devices: 40, seed: 1, end: Math.floor(Date.now() / 3_600_000) * 3_600_000 });
  const pieces: Buffer[] = [];
  for (const { lines } of sampleExports(plan)) {
    pieces.push(...lines);
    if (pieces.reduce((sum, piece) => sum + piece.length, 0) > 8 * MIB) break;
  }
  return Buffer.concat(pieces);
}

/** Answers as Blob Storage does for a HEAD and a ranged GET; the name of the blob is its size in MiB. */
function serveBlob(request: IncomingMessage, response: ServerResponse): void {
  const size = Number(/(\d+)MiB/.exec(request.url ?? '')?.[1]) * MIB;
  const [, first = '0', last = String(size - 1)] =
    /bytes=(\d+)-(\d*)/.exec(String(request.headers['x-ms-range'] ?? '')) ?? [];
  const start = Number(first);
  const end = Math.min(Number(last), size - 1) + 1;
  const headers = {
    'x-ms-version': '2025-01-05',
    'x-ms-blob-type': 'AppendBlob',
    'x-ms-creation-time': 'Fri, 20 Nov 2026 08:00:00 GMT',
    'last-modified': 'Fri, 20 Nov 2026 09:00:00 GMT',
    etag: '"0x1"',
  };
  if (request.method === 'HEAD') {
    response.writeHead(200, { ...headers, 'content-length': size }).end();
    return;
  }
  const range = { 'content-length': end - start, 'content-range': `bytes ${start}-${end - 1}/${size}` };
  response.writeHead(206, { ...headers, ...range });
  let at = start;
  const write = (): void => {
    while (at < end) {
      const from = at % pattern.length;
      const piece = pattern.subarray(from, Math.min(pattern.length, from + (end - at), from + 64 * 1024));
      at += piece.length;
      if (!response.write(piece)) {
        response.once('drain', write);
        return;
      }
    }
    response.end();
  };
  write();
}

interface Measured {
  readonly firstMb: number;
  readonly peakMb: number;
  readonly rows: number;
}

async function ingest(size: number, exports: number, round: number): Promise<Measured & { readonly seconds: number }> {
  const started = performance.now();
  const names = Array.from({ length: exports }, (_, n) => `round-${round}/export-${n}/${size}MiB.json`);
  const child = spawn(process.execPath, [...HEAP, WORKER, ...names], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      SOURCES: values.sources,
      AzureWebJobsStorage: azurite.connectionString(),
      ExportStorage: `DefaultEndpointsProtocol=http;AccountName=exports;AccountKey=bG9jYWw=;BlobEndpoint=http://127.0.0.1:${port}/exports;QueueEndpoint=http://127.0.0.1:${port}/exports;TableEndpoint=http://127.0.0.1:${port}/exports;`,
    },
  });
  let text = '';
  child.stdout.on('data', (piece: Buffer) => {
    text += piece.toString();
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`the worker ended with ${code}`);
  return { ...(JSON.parse(text) as Measured), seconds: (performance.now() - started) / 1000 };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}
