import { app as functions } from '@azure/functions';
import { app } from './beaconwatch.ts';
import { logged } from './log.ts';

functions.timer('scoreWindows', {
  schedule: '0 45 * * * *',
  handler: logged(() => app.scoreWindows()),
});
