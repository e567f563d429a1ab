/**
 * Scoring at the size of a tenant: groups per second, peak memory, requests per 1,000 groups, and whether all of that
 * grows in step with the tenant. Rows are made up as they are read; a process of its own for each size.
 *
 *   npm run bench:score-tenant                            50,000 and 200,000 groups, three times each
 *   npm run bench:score-tenant -- --rounds 1 16000        numbers of groups, multiples of 16,000
 *
 * The stores answer at once, so seconds are those of the processor; beside them a real run waits for its requests.
 */
import { spawn } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const WORKER = fileURLToPath(new URL('./score_tenant_worker.ts', import.meta.url));
/** Without it V8 lets garbage lie as long as the machine has room; the functions run with it as well. */
const HEAP = ['--max-semi-space-size=4'];

interface Scored {
  readonly runs: readonly [Pass, Pass];
  readonly peakMb: number;
}
interface Pass {
  readonly groups: number;
  readonly rows: number;
  readonly detections: number;
  readonly opened: number;
  readonly due: number;
  readonly requests: number;
  readonly seconds: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' } },
});
const sizes = positionals.length > 0 ? positionals.map(Number) : [50_000, 200_000];
console.log(
  `Node ${process.versions.node}, ${cpus()[0]?.model}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
);
const results = new Map<number, Scored[]>(sizes.map((size) => [size, []]));
for (let round = 1; round <= Number(values.rounds); round++) {
  for (const size of sizes) results.get(size)?.push(await score(size));
}
let smallest: number | undefined;
for (const [size, scored] of results) {
  // What else runs on the machine only ever makes it slower.
  const best = scored.toSorted((a, b) => secondsOf(a) - secondsOf(b))[0] as Scored;
  const micros = (secondsOf(best) / (2 * size)) * 1e6;
  smallest ??= micros;
  const peaks = scored.map(({ peakMb }) => peakMb.toFixed(0)).join(', ');
  console.log(
    `\n${size} groups, ${best.runs[0].rows} rows: peak ${peaks} MB; ${(micros / smallest).toFixed(2)} of the smallest's time a group`,
  );
  for (const [name, { groups, detections, opened, due, requests, seconds }] of [
    ['first run ', best.runs[0]],
    ['an hour on', best.runs[1]],
  ] as const) {
    console.log(
      `  ${name}  ${seconds.toFixed(1)} s, ${Math.round(groups / seconds)} groups/s, ` +
        `${((1000 * requests) / groups).toFixed(1)} requests per 1,000 groups; ` +
        `${detections} detections, ${opened} opened, ${due} to be told`,
    );
  }
}

function secondsOf({ runs }: Scored): number {
  return runs[0].seconds + runs[1].seconds;
}

async function score(groups: number): Promise<Scored> {
  const child = spawn(process.execPath, [...HEAP, WORKER, String(groups)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (piece: Buffer) => {
    text += piece.toString();
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`the worker ended with ${code}`);
  return JSON.parse(text) as Scored;
}
