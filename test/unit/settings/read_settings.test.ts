import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readConfig, SYSTEM_SETTINGS } from '../../../src/config.ts';
import { KQL_RULE } from '../../../src/core/scoring/rule.ts';
import { SCORE_SETTINGS } from '../../../src/score_config.ts';
import { SettingsError } from '../../../src/settings/settings_error.ts';

const sample = JSON.parse(await readFile(new URL('../../../local.settings.sample.json', import.meta.url), 'utf8'));
const settings: Record<string, string> = sample.Values;

describe('SettingsError(faults)', () => {
  it('has one line with all faults: the Functions host keeps only the first line of an error as an error', () => {
    const { message, faults } = new SettingsError(['LOOKBACK_DAYS must be > 0', 'LINKS is\r\n no JSON']);
    expect(message).toBe('Invalid settings: LOOKBACK_DAYS must be > 0; LINKS is no JSON');
    expect(faults).toHaveLength(2);
  });
});

describe('local.settings.sample.json', () => {
  it('has every setting that there is, and no other', () => {
    // What a value of SINKS names is a setting too.
    const named = [...(settings['SINKS'] ?? '').matchAll(/"setting":"(\w+)"/g)].map(([, name]) => name);
    expect(Object.keys(settings).sort()).toEqual(
      [
        'FUNCTIONS_WORKER_RUNTIME',
        'AzureWebJobsStorage',
        'ExportStorage',
        'SINKS',
        'LINKS',
        ...named,
        ...Object.keys(SCORE_SETTINGS),
        ...Object.keys(SYSTEM_SETTINGS),
      ].sort(),
    );
  });

  it('is valid for readConfig(env): the published rule, the emulator, one sink on this machine', () => {
    const config = readConfig(settings);
    expect(config).toMatchObject({
      rule: KQL_RULE,
      storage: { kind: 'connectionString', value: 'UseDevelopmentStorage=true' },
      containers: ['insights-logs-advancedhunting-devicenetworkevents'],
      retentionDays: 4,
      historyDays: 90,
      blobTrigger: 'LogsAndContainerScan',
    });
    expect(config.exportStorage).toBe(config.storage);
    expect(config.sinks).toMatchObject([{ format: 'json', url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/) }]);
  });

  it('says what holds without it: all but the storage and the sinks are defaults', () => {
    const { AzureWebJobsStorage } = settings;
    const { sinks: _sample, blobTrigger: _polled, ...config } = readConfig(settings);
    const { sinks, blobTrigger, ...byDefault } = readConfig({ AzureWebJobsStorage });
    expect(config).toEqual(byDefault);
    expect({ sinks, blobTrigger }).toEqual({ sinks: [], blobTrigger: 'off' });
  });

  it('holds no real secret: not encrypted, the emulator, a synthetic secret', () => {
    expect(sample.IsEncrypted).toBe(false);
    const secret = (settings['SINK_LOCAL_SECRET'] ?? '').replace('whsec_', '');
    expect(Buffer.from(secret, 'base64').toString()).toBe('local-trial-secret-not-for-use');
  });
});
