import { type App, type AppParts, createApp } from '../../app.ts';
import { readConfig } from '../../config.ts';

/** The app on the storage account that the environment names, as the functions have it. Throws a SettingsError. */
export function connect(parts: Partial<AppParts> = {}): App {
  return createApp(readConfig(process.env), parts);
}
