import { KQL_RULE } from '../core/scoring/rule.ts';
import type { OfflineSettings } from '../score_config.ts';
import { DETECTION_SETTINGS } from '../scoring/detection_settings.ts';
import type { Env } from '../settings/read_settings.ts';
import { SCORE_SETTING_NAMES } from '../settings/setting_names.ts';

/** What `readScoreSettings` returns where nothing is set. */
export const DEFAULT_SCORE_SETTINGS: OfflineSettings = {
  rule: KQL_RULE,
  sources: ['defender'],
  regularity: {
    thresholds: DETECTION_SETTINGS.thresholds,
    rareDevices: DETECTION_SETTINGS.rareDevices,
    newDays: DETECTION_SETTINGS.newDays,
  },
};

/** The settings of an offline run. Where none is set, it does not load the code that checks them. Throws a SettingsError. */
export async function scoreSettingsOf(env: Env): Promise<OfflineSettings> {
  if (SCORE_SETTING_NAMES.every((name) => env[name] === undefined)) return DEFAULT_SCORE_SETTINGS;
  return (await import('../score_config.ts')).readScoreSettings(env);
}
