import { describe, expect, it } from 'vitest';
import { readSinks } from '../../../../src/notify/sinks/read.ts';
import type { SinkSettings } from '../../../../src/notify/sinks/settings.ts';

const URL_SECRET = 'https://receiver.example/hook?sig=seeded-url-secret';
const secretOf = (length: number) => `whsec_${Buffer.alloc(length, 'seeded!').toString('base64')}`;
const SECRET = secretOf(32);
const SINK = { name: 'soar', format: 'json', url: URL_SECRET };

const readAll = (sinks: unknown, env: Record<string, string> = {}) =>
  readSinks(Object.freeze({ ...env, SINKS: typeof sinks === 'string' ? sinks : JSON.stringify(sinks) }));

/** The sinks, where nothing is wrong with any. */
function read(sinks: unknown, env: Record<string, string> = {}): readonly SinkSettings[] {
  const found = readAll(sinks, env);
  expect(found.faults).toEqual([]);
  return found.sinks;
}

/** What is wrong with it, said without anything that is seeded. */
function faultsOf(sinks: unknown, env: Record<string, string> = {}): readonly string[] {
  const { faults } = readAll(sinks, env);
  const shown = faults.join('\n');
  for (const secret of ['seeded', 'receiver.example', secretOf(8).slice('whsec_'.length, -4)]) {
    expect(shown).not.toContain(secret);
  }
  return faults;
}

describe('readSinks(env)', () => {
  it('is none where SINKS is not set, or has none', () => {
    expect(readSinks({})).toEqual({ sinks: [], faults: [] });
    expect(read([])).toEqual([]);
  });

  it('reads every sink in order, with a secret, several, or none', () => {
    const sinks = [
      SINK,
      { ...SINK, name: 'chat', secret: SECRET },
      { ...SINK, name: 'A_z09', secret: [SECRET, secretOf(24), secretOf(64), secretOf(25)] },
    ];
    expect(read(sinks)).toEqual(sinks);
  });

  it.each(['', '[', 'seeded', `[{"name":"soar","url":"${URL_SECRET}"`, '[{seeded-url-secret}]'])(
    'refuses what is no JSON: %s',
    (text) => {
      expect(faultsOf(text)).toEqual(['SINKS must be a JSON array of sinks']);
    },
  );

  it.each<[unknown]>([[SINK], ['"seeded"'], ['null'], ['1'], [{ soar: SINK }]])(
    'refuses what is no array: %j',
    (sinks) => {
      expect(faultsOf(sinks)).toEqual(['SINKS must be a JSON array of sinks']);
    },
  );

  it('refuses a Key Vault reference that the platform could not follow, and names the setting', () => {
    const reference = '@Microsoft.KeyVault(SecretUri=https://seeded.vault.azure.net/secrets/SOAR-URL)';
    const sinks = [{ ...SINK, url: { setting: 'SOAR_URL' }, secret: { setting: 'SOAR_SECRET' } }];
    expect(faultsOf(sinks, { SOAR_URL: URL_SECRET, SOAR_SECRET: reference })).toEqual([
      'SINKS names the setting SOAR_SECRET, whose Key Vault reference was not resolved: check that the secret exists and that the app may read it',
    ]);
  });

  it('refuses a name twice, whatever its sinks', () => {
    const twice = [SINK, { ...SINK, name: 'chat' }, { ...SINK, url: 'https://other.example/' }];
    expect(faultsOf(twice)).toEqual(['SINKS[2].name is the name of another sink']);
    expect(read([SINK, { ...SINK, name: 'Soar' }])).toHaveLength(2);
  });

  it('refuses a name twice that a setting holds, also where its first sink is wrong', () => {
    const named = { ...SINK, name: { setting: 'NAME' } };
    const env = { NAME: 'soar' };
    expect(faultsOf([named, SINK], env)).toEqual(['SINKS[1].name is the name of another sink']);
    expect(faultsOf([SINK, named], env)).toEqual(['SINKS[1].name is the name of another sink']);
    expect(readAll([{ ...named, url: 'x' }, SINK], env).sinks).toEqual([]);
  });

  it.each<[unknown]>([
    [{}],
    [{ toString: null }],
    [{ toString: 1, valueOf: 1 }],
    [7],
    [null],
    ['constructor'],
    ['toString'],
    ['__proto__'],
  ])('refuses %j where the name of a setting belongs, and reads the others', (setting) => {
    const sinks = [{ ...SINK, name: 'chat', url: { setting } }, SINK];
    expect(faultsOf(sinks, { URL: URL_SECRET })).toEqual([
      'SINKS names a setting that is not set (names are upper-case letters, digits and _)',
    ]);
    expect(readAll(sinks, { URL: URL_SECRET }).sinks).toEqual([SINK]);
  });

  it.each(['', ' ', 'a b', 'a-b', 'a.b', 'é', 'soar\n', 'x'.repeat(41)])('refuses the name %j', (name) => {
    expect(faultsOf([SINK, { ...SINK, name }])).toEqual(['SINKS[1].name must be 1 to 40 of A-Z, a-z, 0-9 and _']);
  });

  it('takes a name of 40', () => {
    expect(read([{ ...SINK, name: 'x'.repeat(40) }])).toHaveLength(1);
  });

  it.each([
    'https://receiver.example/hook',
    'https://203.0.113.7:8443/',
    'http://127.0.0.1:7071/hook?a=b',
    'http://localhost/hook',
    'http://[::1]:80/hook',
  ])('takes the address %s', (url) => {
    expect(read([{ ...SINK, url }])).toMatchObject([{ url }]);
  });

  it.each([
    'http://receiver.example/seeded',
    'http://10.0.0.4/seeded',
    'http://127.0.0.1.receiver.example/seeded',
    'http://localhost.receiver.example/seeded',
    'http://127.0.0.1@receiver.example/seeded',
    'http://localhost:80@receiver.example/seeded',
    'ftp://127.0.0.1/seeded',
    'file:///seeded',
    'receiver.example/seeded',
    '//receiver.example/seeded',
    'https://',
    'seeded',
  ])('refuses the address %s', (url) => {
    expect(faultsOf([{ ...SINK, url }])).toEqual(['SINKS[0].url must be an https URL (http only to this machine)']);
  });

  it.each<[string, unknown]>([
    ['too short', secretOf(23)],
    ['too long', secretOf(65)],
    ['without its prefix', SECRET.slice('whsec_'.length)],
    ['with another prefix', SECRET.replace('whsec_', 'whsk_')],
    ['that is no base64', `whsec_seeded-${SECRET.slice(6)}`],
    ['with something behind it', `${SECRET}\n`],
    ['that is a number', 123456789],
    ['among good ones', [SECRET, secretOf(23)]],
    ['of none', []],
    ['of five', [SECRET, SECRET, SECRET, SECRET, SECRET]],
  ])('refuses a secret %s', (_, secret) => {
    expect(faultsOf([{ ...SINK, secret }])).toEqual([expect.stringMatching(/^SINKS\[0\]\.secret/)]);
  });

  it.each<[string, object]>([
    ['no format', { name: 'soar', url: URL_SECRET }],
    ['another format', { ...SINK, format: 'seeded' }],
    ['no address', { name: 'soar', format: 'json' }],
    ['no name', { format: 'json', url: URL_SECRET }],
    ['what no sink has', { ...SINK, token: 'seeded' }],
    ['a misspelt secret', { ...SINK, Secret: SECRET }],
  ])('refuses a sink with %s', (_, sink) => {
    expect(faultsOf([sink])).toEqual([expect.stringMatching(/^SINKS\[0\]/)]);
  });

  const SPLUNK = { name: 'splunk', format: 'splunk-hec', url: URL_SECRET, token: 'seeded-token' };
  const SENTINEL = {
    name: 'sentinel',
    format: 'sentinel',
    endpoint: 'https://receiver.example/',
    ruleId: 'dcr-0123456789abcdef0123456789abcdef',
  };

  it('reads a sink of every format, with what is there by default', () => {
    const url = URL_SECRET;
    const sinks = [
      { ...SINK, digestAbove: 3 },
      { name: 'slack', format: 'slack', url },
      {
        name: 'teams',
        format: 'teams',
        url,
        digestAbove: 1000,
        minSeverity: 'high',
        sources: ['sysmon'],
        detectors: ['regularity'],
      },
      { name: 'lake', format: 'ocsf', url, token: 'seeded-token' },
      SPLUNK,
      SENTINEL,
    ];
    const [json, slack, teams, ocsf, splunk, sentinel] = read(sinks);
    expect([json, slack, teams, ocsf]).toEqual(sinks.slice(0, 4));
    expect(splunk).toEqual({ ...SPLUNK, sourcetype: 'beaconwatch:detection' });
    expect(sentinel).toEqual({ ...SENTINEL, stream: 'Custom-Beaconwatch_CL' });
  });

  it.each<[string, object]>([
    ['minSeverity', { ...SINK, minSeverity: 'seeded' }],
    ['sources', { ...SINK, sources: [] }],
    ['sources', { ...SINK, sources: 'seeded' }],
    ['sources\\[1\\]', { ...SINK, sources: ['sysmon', 'seeded'] }],
    ['detectors', { ...SINK, detectors: [] }],
    ['detectors\\[0\\]', { ...SINK, detectors: ['seeded'] }],
    ['digestAbove', { ...SINK, digestAbove: 0 }],
    ['digestAbove', { ...SINK, digestAbove: 1.5 }],
    ['digestAbove', { ...SINK, digestAbove: 1001 }],
    ['token', { ...SPLUNK, token: '' }],
    ['token', { ...SPLUNK, token: 'seeded token' }],
    ['token', { ...SPLUNK, token: 'seeded\r\nx: y' }],
    ['token', { ...SPLUNK, token: undefined }],
    ['index', { ...SPLUNK, index: 'seeded index' }],
    ['sourcetype', { ...SPLUNK, sourcetype: '' }],
    ['endpoint', { ...SENTINEL, endpoint: 'http://127.0.0.1/seeded' }],
    ['endpoint', { ...SENTINEL, endpoint: 'https://seeded@receiver.example/' }],
    ['ruleId', { ...SENTINEL, ruleId: 'seeded' }],
    ['stream', { ...SENTINEL, stream: 'seeded/stream' }],
    ['clientId', { ...SENTINEL, clientId: 'seeded' }],
  ])('refuses a wrong %s: %j', (member, sink) => {
    expect(faultsOf([sink])).toEqual([expect.stringMatching(`^SINKS\\[0\\]\\.${member} `)]);
  });

  it('skips what is wrong, and takes no other sink with it', () => {
    const [good, chat] = [SINK, { ...SINK, name: 'chat' }];
    const { sinks, faults } = readAll([
      { ...SINK, name: 'lake', url: { setting: 'HOOK' } },
      good,
      null,
      'soar',
      { ...SINK, url: 'https://other.example/' },
      { ...SINK, name: 'bad', url: 'http://receiver.example/' },
      // What is meant for the first of the name goes to no other.
      { ...SINK, name: 'bad' },
      chat,
    ]);
    expect(sinks).toEqual([good, chat]);
    expect(faults).toEqual([
      'SINKS names the setting HOOK, which is not set',
      expect.stringMatching(/^SINKS\[2\] /),
      expect.stringMatching(/^SINKS\[3\] /),
      'SINKS[4].name is the name of another sink',
      'SINKS[5].url must be an https URL (http only to this machine)',
      'SINKS[6].name is the name of another sink',
    ]);
  });

  it('says all faults at once', () => {
    expect(
      faultsOf([
        { ...SINK, name: '-', url: 'http://receiver.example/' },
        { ...SINK, secret: 'seeded' },
      ]),
    ).toEqual([
      'SINKS[0].name must be 1 to 40 of A-Z, a-z, 0-9 and _',
      'SINKS[0].url must be an https URL (http only to this machine)',
      'SINKS[1].secret must be whsec_ and base64 of 24 to 64 bytes',
    ]);
  });

  it('puts the setting of that name in the place of {"setting":"NAME"}, also within a list', () => {
    const env = { HOOK: URL_SECRET, OLD: SECRET, NEW: secretOf(40) };
    const sinks = [{ ...SINK, url: { setting: 'HOOK' }, secret: [{ setting: 'OLD' }, { setting: 'NEW' }] }];
    expect(read(sinks, env)).toEqual([{ ...SINK, secret: [SECRET, secretOf(40)] }]);
  });

  it('checks the value of that setting like a value in place', () => {
    const sinks = [{ ...SINK, url: { setting: 'HOOK' } }];
    expect(faultsOf(sinks, { HOOK: 'http://receiver.example/seeded' })).toEqual([
      'SINKS[0].url must be an https URL (http only to this machine)',
    ]);
  });

  it('takes it as text, whatever it looks like', () => {
    const sinks = [{ ...SINK, url: { setting: 'HOOK' } }];
    expect(faultsOf(sinks, { HOOK: '{"setting":"OTHER"}', OTHER: URL_SECRET })).toHaveLength(1);
  });

  it('names every setting that is missing', () => {
    const sinks = [
      { ...SINK, url: { setting: 'HOOK' }, secret: { setting: 'KEY' } },
      { ...SINK, name: 'chat' },
    ];
    expect(faultsOf(sinks, { hook: URL_SECRET })).toEqual([
      'SINKS names the setting HOOK, which is not set',
      'SINKS names the setting KEY, which is not set',
    ]);
  });

  it.each<[string, unknown[]]>([
    ['a setting', [{ ...SINK, url: { setting: URL_SECRET } }]],
    [
      'a sink, twice',
      [
        { ...SINK, name: URL_SECRET },
        { ...SINK, name: URL_SECRET },
      ],
    ],
    ['a part of a sink', [{ ...SINK, [URL_SECRET]: '' }]],
  ])('does not repeat an address given in place of the name of %s', (_, sinks) => {
    expect(faultsOf(sinks).length).toBeGreaterThan(0);
  });
});
