import { app as functions } from '@azure/functions';
import { Shutdown } from './stoppable.ts';

const shutdown = new Shutdown();
// The host ends its worker with a message of its own; a platform may end the process with a signal.
functions.hook.appTerminate(() => shutdown.begin());
shutdown.beginOn(process, 'SIGTERM');

/** Runs work with a signal that is aborted when this process ends. The process waits for the work. */
export const untilShutdown = shutdown.run.bind(shutdown);
