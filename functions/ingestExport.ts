import { app as functions } from '@azure/functions';
import { app } from './beaconwatch.ts';
import { exportOf, keepNameOnly } from './export_binding.ts';
import { logged } from './log.ts';
import { untilShutdown } from './shutdown.ts';

const { blobTrigger, containers } = app.config;

// The trigger watches one container; the sweep finds the exports in the others.
if (blobTrigger !== 'off' && containers[0] !== undefined) {
  keepNameOnly();
  functions.storageBlob('ingestExport', {
    path: `${containers[0]}/{name}`,
    connection: app.config.exportStorage === app.config.storage ? 'AzureWebJobsStorage' : 'ExportStorage',
    source: blobTrigger,
    sdkBinding: true,
    handler: logged((blob, context) => untilShutdown((signal) => app.ingestEvent(exportOf(blob, context), signal))),
  });
}
