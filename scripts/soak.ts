import { memoryGround } from '../test/ingest/grounds.ts';
import { playAndShorten } from '../test/ingest/model.ts';

const seconds = Number(process.argv[process.argv.indexOf('--seconds') + 1] ?? 10);
const start = Date.now();
let n = 0;
const seen = new Map<string, number>();
let steps=0;
for (let seed = Number(process.env['SEED'] ?? 1); Date.now() - start < seconds * 1000; seed++) {
  try {
    steps += (await playAndShorten(seed, memoryGround)).steps;
  } catch (error) {
    const m = (error as Error).message.split('\n')[0]!.replace(/\d+/g,'N');
    const c = seen.get(m) ?? 0; seen.set(m, c+1);
    if (c===0) console.log((error as Error).message.slice(0, 6000));
    if (process.env['STOP']) process.exit(1);
  }
  n++;
}
console.log(n, steps, Date.now() - start, [...seen]);
