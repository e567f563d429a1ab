import { setTimeout as delay } from 'node:timers/promises';
import { DELIVERY_LAG_MS } from '../../src/app.ts';
import { CommandError } from '../../src/cli/errors.ts';
import { DEFAULT_CONTAINER } from '../../src/config.ts';
import { bin } from '../../src/core/kql/bin.ts';
import { type Timestamp, timestampFromMs } from '../../src/core/kql/timestamp.ts';
import type { LocalSystem } from './system.ts';

export type Say = (what: string) => void;

const KEPT_SWEEP_EVERY_MS = 5_000;

/** Somebody has pressed Ctrl-C. */
export class Interrupted extends CommandError {}

/** Leaves everything running until Ctrl-C. */
export async function keep(
  system: LocalSystem,
  containers: readonly string[],
  signal: AbortSignal,
  say: Say,
): Promise<void> {
  say(
    [
      'All of it goes on running: a sweep every five seconds, the score once an hour. Ctrl-C ends it.',
      '',
      `  curl '${system.httpUrl}/api/detections?state=new'     (asks for no key; on Azure it does)`,
      '',
      '  In another shell, the command line on the same storage:',
      `  export AzureWebJobsStorage='${system.connectionString}'`,
      ...(containers.join(',') === DEFAULT_CONTAINER ? [] : [`  export EXPORT_CONTAINERS=${containers.join(',')}`]),
      '  npm run -s beaconwatch -- detections list',
      `  npm run -s beaconwatch -- health --now ${new Date(Date.now()).toISOString().slice(0, 19)}Z   (the clock of the data)`,
      '',
      `  Append to blobs of the container ${containers.join(', ')}, with Azure Storage Explorer or any client, by`,
      `  ${system.connectionString}`,
      '',
    ].join('\n'),
  );
  let scored = asOfNow();
  let told = system.received.verified;
  let { segments, reports } = system.tally;
  system.beside(async () => {
    await system.fire('sweepExports');
    const { tally } = system;
    if (tally.segments > segments) {
      say(`${amount(tally.segments - segments)} more segments, ${amount(tally.reports - reports)} reports read`);
    }
    ({ segments, reports } = tally);
    const asOf = asOfNow();
    if (asOf !== scored) {
      await system.fire('scoreWindows');
      say(`scoring the window that ends at ${asOf.slice(0, 16)}Z`);
    }
    scored = asOf;
    const { verified } = system.received;
    if (verified > told) say(`${amount(verified - told)} notifications received`);
    told = verified;
    return KEPT_SWEEP_EVERY_MS;
  });
  try {
    await delay(2 ** 31 - 1, undefined, { signal });
  } catch (error) {
    if (!(signal.reason instanceof Interrupted)) throw error;
  }
}

function asOfNow(): Timestamp {
  return bin(timestampFromMs(Date.now() - DELIVERY_LAG_MS), '1h');
}

function amount(value: number): string {
  return value.toLocaleString('en-US');
}
