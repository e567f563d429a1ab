import { app as functions } from '@azure/functions';
import { app } from './beaconwatch.ts';
import { log } from './log.ts';

functions.storageQueue('scorePartition', {
  queueName: 'score',
  connection: 'AzureWebJobsStorage',
  handler: async (message, context) => log(context, await app.scorePartition(message)),
});
