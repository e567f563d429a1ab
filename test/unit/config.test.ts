import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { KQL_RULE } from '../../src/core/scoring/rule.ts';
import { readScoreSettings } from '../../src/score_config.ts';
import { SettingsError } from '../../src/settings/settings_error.ts';

const read = (env: Record<string, string | undefined>) => readScoreSettings(Object.freeze(env)).rule;

describe('the rule of readScoreSettings(env)', () => {
  it('is the published rule if nothing is set', () => {
    expect(read({})).toEqual(KQL_RULE);
    expect(read({ PATH: '/usr/bin', min_average: '1' })).toEqual(KQL_RULE);
  });

  it('reads every setting of the rule', () => {
    const env = {
      LOOKBACK_DAYS: '1.5',
      MIN_UNIFORM_PER_DAY: '0',
      MIN_AVERAGE: '0',
      ANOMALY_THRESHOLD: ' 2e0 ',
      SERIES_GRAIN: 'report',
    };
    expect(read(env)).toEqual({
      lookbackDays: 1.5,
      minUniformPerDay: 0,
      minAverage: 0,
      anomalyThreshold: 2,
      grain: 'report',
    });
  });

  it.each(['', ' ', '\t', undefined])('takes %j for not set, never for 0', (blank) => {
    const env = {
      LOOKBACK_DAYS: blank,
      MIN_UNIFORM_PER_DAY: blank,
      MIN_AVERAGE: blank,
      ANOMALY_THRESHOLD: blank,
      SERIES_GRAIN: blank,
    };
    expect(read(env)).toEqual(KQL_RULE);
  });

  it.each([
    ['LOOKBACK_DAYS', '30', 30],
    ['LOOKBACK_DAYS', '0.001', 0.001],
  ])('takes %s %s, which is within its bounds', (name, text, lookbackDays) => {
    expect(read({ [name]: text })).toEqual({ ...KQL_RULE, lookbackDays });
  });

  it.each([
    ['LOOKBACK_DAYS', '0', 'must be a number > 0, at most 30, got "0"'],
    ['LOOKBACK_DAYS', '30.1', 'must be a number > 0, at most 30, got "30.1"'],
    ['LOOKBACK_DAYS', '3d', 'must be a number > 0, at most 30, got "3d"'],
    ['MIN_UNIFORM_PER_DAY', '-1', 'must be a number ≥ 0, got "-1"'],
    ['MIN_AVERAGE', 'high', 'must be a number ≥ 0, got "high"'],
    ['MIN_AVERAGE', 'Infinity', 'must be a number ≥ 0, got "Infinity"'],
    ['MIN_AVERAGE', 'NaN', 'must be a number ≥ 0, got "NaN"'],
    ['MIN_AVERAGE', '4,5', 'must be a number ≥ 0, got "4,5"'],
    ['MIN_AVERAGE', '0x10', 'must be a number ≥ 0, got "0x10"'],
    ['ANOMALY_THRESHOLD', '-0.1', 'must be a number ≥ 0, got "-0.1"'],
    ['SERIES_GRAIN', 'day', 'must be hour or report, got "day"'],
    ['SERIES_GRAIN', 'Hour', 'must be hour or report, got "Hour"'],
  ])('refuses %s=%s and says why', (name, text, why) => {
    expect(() => read({ [name]: text })).toThrow(new SettingsError([`${name} ${why}`]));
  });

  it('names all faults at once', () => {
    const env = { LOOKBACK_DAYS: '-3', MIN_AVERAGE: 'x', SERIES_GRAIN: 'y', ANOMALY_THRESHOLD: '2' };
    expect(() => read(env)).toThrow(
      'Invalid settings: LOOKBACK_DAYS must be a number > 0, at most 30, got "-3"; ' +
        'MIN_AVERAGE must be a number ≥ 0, got "x"; SERIES_GRAIN must be hour or report, got "y"',
    );
  });

  it('does not repeat a long value in full', () => {
    expect(() => read({ MIN_AVERAGE: 'x'.repeat(10_000) })).toThrow(/^.{1,200}$/s);
  });
});

describe('readScoreSettings(env)', () => {
  it('is the rule, and the sources that it is run over', () => {
    const regularity = { thresholds: { match: 0.6, ripe: 0.7 }, rareDevices: null, newDays: 7 };
    expect(readScoreSettings({})).toEqual({ rule: KQL_RULE, sources: ['defender'], regularity });
    expect(readScoreSettings({ RARE_DEVICES: '2', NEW_DAYS: '3' })).toMatchObject({
      regularity: { rareDevices: 2, newDays: 3 },
    });
    expect(() => readScoreSettings({ REGULARITY_RIPE: '0.5' })).toThrow('REGULARITY_RIPE must be at least');
    expect(readScoreSettings({ MIN_AVERAGE: '30', SOURCES: 'wfp' })).toEqual({
      rule: { ...KQL_RULE, minAverage: 30 },
      sources: ['wfp'],
      regularity,
    });
  });

  it('names all faults at once', () => {
    expect(() => readScoreSettings({ MIN_AVERAGE: 'x', SOURCES: 'x' })).toThrow(/MIN_AVERAGE must .*; SOURCES must /);
  });
});

describe('readConfig(env)', () => {
  const STORAGE = Object.freeze({ AzureWebJobsStorage: 'UseDevelopmentStorage=true' });
  const config = (env: Record<string, string>) => readConfig(Object.freeze({ ...STORAGE, ...env }));

  it('needs nothing but the storage account', () => {
    const storage = { kind: 'connectionString', value: 'UseDevelopmentStorage=true' };
    expect(config({})).toEqual({
      rule: KQL_RULE,
      sources: ['defender'],
      storage,
      exportStorage: storage,
      containers: ['insights-logs-advancedhunting-devicenetworkevents'],
      retentionDays: 4,
      countFileDays: 30,
      historyDays: 90,
      detection: {
        detectors: ['kql-rule', 'regularity'],
        thresholds: { match: 0.6, ripe: 0.7 },
        ...{ rareDevices: null, newDays: 7, baselineHours: 24 },
      },
      groupsPerDevice: 20_000,
      technique: null,
      blobTrigger: 'off',
      signIn: 'off',
      sinks: [],
      sinkFaults: [],
      digestAbove: 5,
      links: {},
    });
  });

  it('reads the settings of detections', () => {
    const asked = {
      ...{ DETECTORS: ' regularity ', REGULARITY_THRESHOLD: '0.65', REGULARITY_RIPE: '0.8' },
      ...{ RARE_DEVICES: '5', NEW_DAYS: '14', BASELINE_HOURS: '0' },
    };
    expect(config(asked).detection).toEqual({
      detectors: ['regularity'],
      thresholds: { match: 0.65, ripe: 0.8 },
      ...{ rareDevices: 5, newDays: 14, baselineHours: 0 },
    });
    expect(config({ RARE_DEVICES: '' }).detection.rareDevices).toBeNull();
  });

  it.each([
    [{ DETECTORS: 'seed' }, 'DETECTORS must be a comma-separated list of kql-rule, regularity, got "seed"'],
    [{ DETECTORS: ',' }, 'DETECTORS must name at least one detector'],
    [{ REGULARITY_THRESHOLD: '0' }, 'REGULARITY_THRESHOLD'],
    [{ REGULARITY_THRESHOLD: '1.1' }, 'REGULARITY_THRESHOLD'],
    [{ REGULARITY_RIPE: '0.5' }, 'REGULARITY_RIPE must be at least REGULARITY_THRESHOLD (0.6), got 0.5'],
    [{ RARE_DEVICES: '11' }, 'RARE_DEVICES'],
    [{ RARE_DEVICES: '1.5' }, 'RARE_DEVICES'],
    [{ NEW_DAYS: '31' }, 'NEW_DAYS'],
    [{ BASELINE_HOURS: '49' }, 'BASELINE_HOURS'],
  ])('refuses %j', (env, message) => {
    expect(() => config(env)).toThrow(message);
  });

  it('keeps rows for a day longer than the windows of both detectors', () => {
    const kept = (LOOKBACK_DAYS: string) => config({ LOOKBACK_DAYS }).retentionDays;
    expect([kept('1'), kept('3'), kept('5')]).toEqual([4, 4, 6]);
  });

  it.each([
    ['T1071', { id: 'T1071', name: '' }],
    [' T1071.001 ', { id: 'T1071.001', name: '' }],
    ['T1071.001 Web Protocols', { id: 'T1071.001', name: 'Web Protocols' }],
    ['T1071.001: Web Protocols', { id: 'T1071.001', name: 'Web Protocols' }],
    ['', null],
  ])('reads the technique %j', (text, technique) => {
    expect(config({ MITRE_TECHNIQUE: text }).technique).toEqual(technique);
  });

  it.each(['T1', 'web', 'T1071.01', 'T1071x'])('refuses %j as a technique', (text) => {
    expect(() => config({ MITRE_TECHNIQUE: text })).toThrow(/^Invalid settings: MITRE_TECHNIQUE must be a technique/);
  });

  it('keeps rows a day longer than the window, unless RETENTION_DAYS says otherwise', () => {
    expect(config({ LOOKBACK_DAYS: '7' }).retentionDays).toBe(8);
    expect(config({ LOOKBACK_DAYS: '7', RETENTION_DAYS: '7' }).retentionDays).toBe(7);
    expect(() => config({ LOOKBACK_DAYS: '7', RETENTION_DAYS: '6.5' })).toThrow(
      'RETENTION_DAYS must be at least LOOKBACK_DAYS (7), got 6.5',
    );
  });

  it('looks where the exporters put the sources, unless EXPORT_CONTAINERS says otherwise', () => {
    const streamed = 'insights-logs-advancedhunting-devicenetworkevents';
    const of = (SOURCES: string) => config({ SOURCES, EXPORT_CONTAINERS: '' }).containers;
    expect(of('defender,defender-raw')).toEqual([streamed]);
    expect(of('sysmon')).toEqual(['am-event']);
    expect(of('wfp,defender,sysmon')).toEqual(['am-securityevent', streamed, 'am-event']);
    expect(config({ SOURCES: 'sysmon', EXPORT_CONTAINERS: 'am-windowsevent' }).containers).toEqual(['am-windowsevent']);
    expect(() => config({ SOURCES: 'sysmon', EXPORT_CONTAINERS: ',' })).toThrow('must name at least one container');
  });

  it('reads a comma-separated list of containers, each once', () => {
    expect(config({ EXPORT_CONTAINERS: ' am-devicenetworkevents ,b22,, b22' }).containers).toEqual([
      'am-devicenetworkevents',
      'b22',
    ]);
    for (const name of ['Upper', 'ab', 'a--b', '-ab', 'a_b', 'x'.repeat(64)]) {
      expect(() => config({ EXPORT_CONTAINERS: `good,${name}` })).toThrow(`got "${name}"`);
    }
  });

  it('reads a comma-separated list of sources, each once', () => {
    expect(config({ SOURCES: ' sysmon ,defender,, sysmon,wfp,defender-raw' }).sources).toEqual([
      'sysmon',
      'defender',
      'wfp',
      'defender-raw',
    ]);
    expect(() => config({ SOURCES: ' , ' })).toThrow(new SettingsError(['SOURCES must name at least one source']));
  });

  it('names each source that it does not know', () => {
    const fault = 'SOURCES must be a comma-separated list of defender, defender-raw, sysmon, wfp, zeek, got';
    expect(() => config({ SOURCES: 'suricata,defender,Sysmon' })).toThrow(
      new SettingsError([`${fault} "suricata"`, `${fault} "Sysmon"`]),
    );
  });

  it('names the faults of the rule, the system and the storage at once', () => {
    expect(() =>
      readConfig(Object.freeze({ MIN_AVERAGE: 'x', HISTORY_DAYS: '0', SOURCES: 'suricata', BLOB_TRIGGER: 'on' })),
    ).toThrow(
      /MIN_AVERAGE must be .*; SOURCES must be .*; HISTORY_DAYS must be .*; BLOB_TRIGGER must be .*; AzureWebJobsStorage must be /,
    );
  });

  it('refuses invalid sinks with the other faults, or skips these sinks alone', () => {
    const good = { name: 'chat', format: 'slack', url: 'https://example.com/hook' };
    const SINKS = JSON.stringify([{ ...good, name: 'soar', url: { setting: 'SOAR_URL' } }, good]);
    const fault = 'SINKS names the setting SOAR_URL, which is not set';
    expect(() => config({ SINKS, MIN_AVERAGE: 'x' })).toThrow(
      new SettingsError(['MIN_AVERAGE must be a number ≥ 0, got "x"', fault]),
    );
    expect(config({ SINKS: JSON.stringify([good]) })).toMatchObject({ sinks: [good], sinkFaults: [] });
    const leaving = (env: Record<string, string>) => readConfig({ ...STORAGE, ...env }, 'skip');
    expect(leaving({ SINKS })).toMatchObject({ sinks: [good], sinkFaults: [fault] });
    expect(leaving({ SINKS: '[' })).toMatchObject({ sinks: [], sinkFaults: ['SINKS must be a JSON array of sinks'] });
    // Where it stops all the same, it is all that is wrong.
    expect(() => leaving({ SINKS, MIN_AVERAGE: 'x' })).toThrow(
      new SettingsError(['MIN_AVERAGE must be a number ≥ 0, got "x"', fault]),
    );
  });
});

it.each(['2.5', '0x10', '0', '1001'])('refuses DIGEST_ABOVE=%s: it is a whole number', (text) => {
  const env = { AzureWebJobsStorage: 'UseDevelopmentStorage=true', DIGEST_ABOVE: text };
  const fault = `DIGEST_ABOVE must be a whole number ≥ 1, at most 1000, got "${text}"`;
  expect(() => readConfig(env)).toThrow(new SettingsError([fault]));
});

describe('SIGN_IN', () => {
  it('on, messages offer the page of a detection under the host name of the app, unless LINKS has another one', () => {
    const links = (settings: Record<string, string>) =>
      readConfig({ AzureWebJobsStorage: 'UseDevelopmentStorage=true', ...settings }).links;
    const on = { SIGN_IN: 'platform', WEBSITE_AUTH_ENABLED: 'True', WEBSITE_HOSTNAME: 'bw.azurewebsites.net' };
    const page = { Open: 'https://bw.azurewebsites.net/api/ui/detections/{id}' };
    const ticket = { Ticket: 'https://tickets.example/{id}' };
    expect(links(on)).toEqual(page);
    expect(links({ ...on, LINKS: JSON.stringify(ticket) })).toEqual({ ...page, ...ticket });
    expect(links({ ...on, LINKS: '{"Open":"https://soc.example/{id}"}' })).toEqual({
      Open: 'https://soc.example/{id}',
    });
    expect(links({ ...on, WEBSITE_AUTH_ENABLED: 'False' })).toEqual({});
    for (const WEBSITE_HOSTNAME of ['', 'localhost:7071', 'a.example/x', 'a@b.example'])
      expect(links({ ...on, WEBSITE_HOSTNAME })).toEqual({});
  });

  const signIn = (settings: Record<string, string>) =>
    readConfig({ AzureWebJobsStorage: 'UseDevelopmentStorage=true', ...settings }).signIn;

  it('is believed only where the platform says that its sign-in is on', () => {
    expect(signIn({})).toBe('off');
    expect(signIn({ WEBSITE_AUTH_ENABLED: 'True' })).toBe('off');
    expect(signIn({ SIGN_IN: 'platform', WEBSITE_AUTH_ENABLED: 'True' })).toBe('on');
    expect(signIn({ SIGN_IN: 'platform', WEBSITE_AUTH_ENABLED: 'true' })).toBe('on');
    for (const WEBSITE_AUTH_ENABLED of ['False', '', '1', 'yes'])
      expect(signIn({ SIGN_IN: 'platform', WEBSITE_AUTH_ENABLED })).toBe('missing');
    expect(signIn({ SIGN_IN: 'platform' })).toBe('missing');
    expect(() => signIn({ SIGN_IN: 'on' })).toThrow('SIGN_IN must be off or platform, got "on"');
  });
});
