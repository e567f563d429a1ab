import { createApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';

/** Built when the host loads us: wrong settings stop it there, with all their faults in its log. */
export const app = createApp(readConfig(process.env));
