import { memoryGround } from '/work/main/test/ingest/grounds.ts';
import { playAndShorten } from '/work/main/test/ingest/model.ts';
const from = Number(process.argv[2]), to = Number(process.argv[3]);
for (let seed = from; seed < to; seed++) { try { await playAndShorten(seed, memoryGround); } catch (e) { console.log((e as Error).message); } }
