import { createApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';

/**
 * Built when the host loads us: wrong settings stop it there, with all their faults in its log; wrong sinks are left out,
 * and every sweep says so.
 */
export const app = createApp(readConfig(process.env, 'left out'));
