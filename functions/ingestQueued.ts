import { app as functions } from '@azure/functions';
import { app } from './beaconwatch.ts';
import { logged } from './log.ts';

functions.storageQueue('ingestQueued', {
  queueName: 'ingest',
  connection: 'AzureWebJobsStorage',
  handler: logged((message) => app.ingest(message)),
});
