import { parseArgs } from 'node:util';
import { AsTheService } from '../test/support/azure/service.ts';
import { azureGround, memoryGround } from '../test/support/ingest/grounds.ts';
import { type MakeGround, playAndShorten, playSchedule } from '../test/support/ingest/model.ts';
import { type Azurite, startAzurite } from '../tools/local/azurite.ts';

/** Plays random schedules of ingest for a time, in memory or on the emulator; ends with 1, and the seed, where one fails. */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    /** The first seed; each schedule takes the next one. */
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    azurite: { type: 'boolean', default: false },
  },
});

/** Time between two lines of progress. */
const PROGRESS_MS = 10_000;
/** Storage accounts of the emulator: a schedule takes one. */
const ACCOUNTS = 5_000;

const start = performance.now();
const firstSeed = Number(values.seed);
const azurite = values.azurite ? await startAzurite({ accounts: accounts() }) : null;
let schedules = 0;
let steps = 0;
let printedAt = start;
try {
  while (performance.now() - start < Number(values.seconds) * 1000 && (azurite === null || schedules < ACCOUNTS)) {
    const seed = firstSeed + schedules;
    const { steps: played } = await (azurite
      ? playSchedule(seed, groundOn(azurite, schedules))
      : playAndShorten(seed, memoryGround));
    steps += played;
    schedules++;
    if (performance.now() - printedAt < PROGRESS_MS) continue;
    printedAt = performance.now();
    console.log(sum());
  }
  console.log(`${sum()}: all as after a clean pass`);
} catch (error) {
  console.log(sum());
  console.error(error instanceof Error ? error.message : error);
  console.error(`to see it again: node scripts/soak.ts --seconds 1 --seed ${firstSeed + schedules}`);
  process.exitCode = 1;
} finally {
  await azurite?.stop();
}

function sum(): string {
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  return `${schedules} schedules, ${steps} steps, seeds ${firstSeed} to ${firstSeed + schedules - 1}, ${seconds} s`;
}

function groundOn(emulator: Azurite, schedule: number): MakeGround {
  const options = { policy: new AsTheService(), retry: { retries: 2, delayMs: 1, maxDelayMs: 2 } };
  return (clock) => azureGround(emulator.connectionString(`soak${schedule}`), clock, options);
}

function accounts(): string[] {
  return Array.from({ length: ACCOUNTS }, (_, n) => `soak${n}`);
}
