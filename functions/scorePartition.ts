import { app as functions } from '@azure/functions';
import { app } from './beaconwatch.ts';
import { logged } from './log.ts';

functions.storageQueue('scorePartition', {
  queueName: 'score',
  connection: 'AzureWebJobsStorage',
  handler: logged((message) => app.scorePartition(message)),
});
