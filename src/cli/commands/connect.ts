import { type App, type AppParts, createApp } from '../../app.ts';
import { readConfig } from '../../config.ts';
import type { Terminal } from '../terminal.ts';

/** The app on the storage account of the environment, as the functions have it. Throws a SettingsError. */
export function connect({ env }: Pick<Terminal, 'env'>, parts: Partial<AppParts> = {}): App {
  return createApp(readConfig(env), parts);
}
