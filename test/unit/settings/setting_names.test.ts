import { describe, expect, it } from 'vitest';
import { DEFAULT_SCORE_SETTINGS, scoreSettingsOf } from '../../../src/cli/score_settings.ts';
import { RULE_SETTINGS, readScoreSettings, SCORE_SETTINGS } from '../../../src/score_config.ts';
import { RULE_SETTING_NAMES, SCORE_SETTING_NAMES } from '../../../src/settings/setting_names.ts';

describe('the names of settings that are known without their schemas', () => {
  it('are those of the schemas, in order', () => {
    expect(RULE_SETTING_NAMES).toEqual(Object.keys(RULE_SETTINGS));
    expect(SCORE_SETTING_NAMES).toEqual(Object.keys(SCORE_SETTINGS));
  });
});

describe('scoreSettingsOf(env)', () => {
  it('is what readScoreSettings(env) reads, with and without a setting', async () => {
    expect(DEFAULT_SCORE_SETTINGS).toEqual(readScoreSettings({}));
    expect(await scoreSettingsOf({ PATH: '/bin' })).toEqual(readScoreSettings({}));
    for (const name of SCORE_SETTING_NAMES) {
      const env = {
        [name]:
          name === 'SOURCES'
            ? 'wfp'
            : name === 'SERIES_GRAIN'
              ? 'report'
              : name === 'REGULARITY_THRESHOLD'
                ? '0.1'
                : '1',
      };
      expect(await scoreSettingsOf(env)).toEqual(readScoreSettings(env));
      expect(await scoreSettingsOf({ [name]: ' ' })).toEqual(readScoreSettings({}));
    }
  });

  it('throws the SettingsError of an invalid setting', async () => {
    await expect(scoreSettingsOf({ MIN_AVERAGE: 'x' })).rejects.toThrow('MIN_AVERAGE must be');
  });
});
