import { app as functions } from '@azure/functions';
import { app } from './beaconwatch.ts';
import { logged } from './log.ts';

functions.timer('sweepExports', {
  schedule: '0 */5 * * * *',
  handler: logged(() => app.sweep()),
});
