import { app as functions } from '@azure/functions';
import { app } from './beaconwatch.ts';
import { logged } from './log.ts';

functions.storageQueue('notifyDetection', {
  queueName: 'notify',
  connection: 'AzureWebJobsStorage',
  handler: logged(async (message) => ({ ...(await app.notify(message)) })),
});
