/**
 * A worker of the system as a process of its own, to be killed: sweeps and handles what is queued, until it is ended, or,
 * with `once`, until nothing is left. Its clock is ahead by CLOCK_AHEAD_MS: claims of the dead grow old at once.
 */
import { System } from './system.ts';

const ahead = Number(process.env['CLOCK_AHEAD_MS'] ?? 0);
const system = new System(process.env['AzureWebJobsStorage'] ?? '', Date.now() + ahead);
process.stdout.write('ready\n');
for (;;) {
  system.now = Date.now() + ahead;
  const { queued } = await system.app.sweep();
  const handled = await system.drain();
  if (process.argv[2] === 'once' && queued + handled === 0) break;
}
