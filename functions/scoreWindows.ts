import { app as functions } from '@azure/functions';
import { app } from './beaconwatch.ts';
import { log } from './log.ts';

functions.timer('scoreWindows', {
  schedule: '0 45 * * * *',
  handler: async (_timer, context) => log(context, await app.scoreWindows()),
});
