import { createApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';

/**
 * Built when the host loads the functions. Invalid settings stop the host, which logs all their faults in one line. Invalid sinks are
 * skipped, and each sweep reports them.
 */
export const app = createApp(readConfig(process.env, 'skip'));
