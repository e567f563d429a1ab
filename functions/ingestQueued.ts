import { app as functions } from '@azure/functions';
import { app } from './beaconwatch.ts';
import { logged } from './log.ts';
import { untilShutdown } from './shutdown.ts';

functions.storageQueue('ingestQueued', {
  queueName: 'ingest',
  connection: 'AzureWebJobsStorage',
  handler: logged((message) => untilShutdown((signal) => app.ingest(message, signal))),
});
