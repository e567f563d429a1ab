import { app as functions } from '@azure/functions';
import { app } from './beaconwatch.ts';
import { log } from './log.ts';

functions.timer('sweepExports', {
  schedule: '0 */5 * * * *',
  handler: async (_timer, context) => log(context, await app.sweep()),
});
