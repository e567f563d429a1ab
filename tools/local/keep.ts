import { setTimeout as delay } from 'node:timers/promises';
import { createApp } from '../../src/app.ts';
import { startUi } from '../../src/cli/commands/ui_server.ts';
import { CommandError } from '../../src/cli/errors.ts';
import { minute } from '../../src/cli/output/number_text.ts';
import { DEFAULT_CONTAINER, readConfig } from '../../src/config.ts';
import { bin } from '../../src/core/kql/bin.ts';
import { type Timestamp, timestampFromMs } from '../../src/core/kql/timestamp.ts';
import { counted } from '../../src/core/text/numbers.ts';
import { DELIVERY_LAG_MS } from '../../src/scoring/window_end.ts';
import type { LocalSystem } from './system.ts';

/** Writes a progress line. */
export type Log = (line: string) => void;

const KEPT_SWEEP_EVERY_MS = 5_000;

/** The user pressed Ctrl-C, or the process received SIGTERM. */
export class Interrupted extends CommandError {}

/** Keeps the system running until Ctrl-C: a sweep every five seconds, a scoring run per hour. */
export async function keep(
  system: LocalSystem,
  containers: readonly string[],
  signal: AbortSignal,
  log: Log,
): Promise<void> {
  const pages = await startUi(createApp(readConfig(process.env)), {
    port: 0,
    name: 'local',
    mayWrite: true,
    onError: (error) => log(String(error)),
  });
  log(
    [
      'The system keeps running: it sweeps every five seconds and scores every hour. Ctrl-C ends it.',
      '',
      `  The pages, for a browser on this machine:  ${pages.url}`,
      `  curl '${system.httpUrl}/api/detections?state=new'     (no key needed here; on Azure it is)`,
      '',
      '  Set this in another shell to use the command line on the same storage:',
      `  export AzureWebJobsStorage='${system.connectionString}'`,
      ...(containers.join(',') === DEFAULT_CONTAINER ? [] : [`  export EXPORT_CONTAINERS=${containers.join(',')}`]),
      '  npm run -s beaconwatch -- detections list',
      `  npm run -s beaconwatch -- health --now ${new Date(Date.now()).toISOString().slice(0, 19)}Z   (the time of the data)`,
      '',
      `  To add data, append to blobs of the container ${containers.join(', ')} with Azure Storage Explorer or any client,`,
      '  with the same connection string.',
      '',
    ].join('\n'),
  );
  let scored = asOfNow();
  let notified = system.received.verified;
  let { segments, reports } = system.tally;
  system.beside(async () => {
    await system.fire('sweepExports');
    const { tally } = system;
    if (tally.segments > segments) {
      log(`${counted(tally.segments - segments, 'segment')}, ${counted(tally.reports - reports, 'report')} read`);
    }
    ({ segments, reports } = tally);
    const asOf = asOfNow();
    if (asOf !== scored) {
      await system.fire('scoreWindows');
      log(`scoring the window up to ${minute(asOf)} UTC`);
    }
    scored = asOf;
    const { verified } = system.received;
    if (verified > notified) log(`${counted(verified - notified, 'notification')} received`);
    notified = verified;
    return KEPT_SWEEP_EVERY_MS;
  });
  try {
    await delay(2 ** 31 - 1, undefined, { signal });
  } catch (error) {
    if (!(signal.reason instanceof Interrupted)) throw error;
  } finally {
    await pages.stop();
  }
}

function asOfNow(): Timestamp {
  return bin(timestampFromMs(Date.now() - DELIVERY_LAG_MS), '1h');
}
