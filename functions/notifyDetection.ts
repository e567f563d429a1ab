import { app as functions } from '@azure/functions';
import { app } from './beaconwatch.ts';
import { log } from './log.ts';

functions.storageQueue('notifyDetection', {
  queueName: 'notify',
  connection: 'AzureWebJobsStorage',
  handler: async (message, context) => log(context, { end: await app.notify(message) }),
});
