import { parseArgs } from 'node:util';
import { AsTheService } from '../test/support/azure/service.ts';
import { azureGround, memoryGround } from '../test/support/ingest/grounds.ts';
import { type MakeGround, playAndShorten, playSchedule } from '../test/support/ingest/model.ts';
import { type Azurite, startAzurite } from '../tools/local/azurite.ts';

/** Plays random schedules of ingest for a time, in memory or on the emulator; ends with 1, and the seed, where one fails. */
const USAGE = `usage: npm run soak -- [--seconds N] [--seed N] [--azurite]
  --seconds N  how long; 120 without it
  --seed N     the first seed, each schedule takes the next one; by the clock without it
  --azurite    on the storage emulator in place of memory`;
const OPTIONS = {
  seconds: { type: 'string', default: '120' },
  seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  azurite: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const values = valuesOf();
const seconds = numberOf('seconds', values.seconds);
const firstSeed = numberOf('seed', values.seed);

/** Time between two lines of progress. */
const PROGRESS_MS = 10_000;
/** Storage accounts of the emulator: a schedule takes one. */
const ACCOUNTS = 5_000;

const start = performance.now();
const azurite = values.azurite ? await startAzurite({ accounts: accounts() }) : null;
let schedules = 0;
let steps = 0;
let printedAt = start;
try {
  while (performance.now() - start < seconds * 1000 && (azurite === null || schedules < ACCOUNTS)) {
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

function valuesOf() {
  try {
    const { values } = parseArgs({ options: OPTIONS });
    if (!values.help) return values;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    refuse((error as Error).message);
  }
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  return Number.isInteger(value) && value >= 1 && text.trim() !== ''
    ? value
    : refuse(`--${name} must be a whole number above 0, got "${text}"`);
}

function refuse(fault: string): never {
  console.error(`${fault}\n${USAGE}`);
  process.exit(2);
}

function sum(): string {
  const taken = ((performance.now() - start) / 1000).toFixed(0);
  return `${schedules} schedules, ${steps} steps, seeds ${firstSeed} to ${firstSeed + schedules - 1}, ${taken} s`;
}

function groundOn(emulator: Azurite, schedule: number): MakeGround {
  const options = { policy: new AsTheService(), retry: { retries: 2, delayMs: 1, maxDelayMs: 2 } };
  return (clock) => azureGround(emulator.connectionString(`soak${schedule}`), clock, options);
}

function accounts(): string[] {
  return Array.from({ length: ACCOUNTS }, (_, n) => `soak${n}`);
}
