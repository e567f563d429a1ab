import { app as functions } from '@azure/functions';
import { app } from './beaconwatch.ts';
import { log } from './log.ts';

functions.storageQueue('ingestQueued', {
  queueName: 'ingest',
  connection: 'AzureWebJobsStorage',
  handler: async (message, context) => log(context, await app.ingest(message)),
});
