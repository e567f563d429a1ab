/**
 * A worker of the system as a process of its own, to be killed: sweeps and handles what is queued, until it is ended, or,
 * with `once`, until nothing is left. Its clock is ahead by CLOCK_AHEAD_MS: leases of the dead grow old at once. With
 * `once` it is the next full hour: a sweep then does not ask how many messages wait, and those that the dead had in hand
 * still do, out of sight.
 */
import { HOUR_MS } from '../../../src/core/kql/timespan.ts';
import { System } from './system.ts';

const isOnce = process.argv[2] === 'once';
const ahead = Number(process.env['CLOCK_AHEAD_MS'] ?? 0);
const clock = () => (isOnce ? Math.ceil((Date.now() + ahead) / HOUR_MS) * HOUR_MS : Date.now() + ahead);
const system = new System(process.env['AzureWebJobsStorage'] ?? '', clock());
process.stdout.write('ready\n');
for (;;) {
  system.now = clock();
  const { queued } = await system.app.sweep();
  const handled = await system.drain();
  if (isOnce && queued + handled === 0) break;
}
