import { type App, createApp } from '../../app.ts';
import { readConfig } from '../../config.ts';

/** The app on the storage account that the environment names, as the functions have it. Throws a SettingsError. */
export function connect(): App {
  return createApp(readConfig(process.env));
}
