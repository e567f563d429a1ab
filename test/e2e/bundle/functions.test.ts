import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildFunctions } from '../../../scripts/bundle.ts';
import { type Ended, node, pack, REPO } from '../../support/bundle/child.ts';

const CONTAINER = 'insights-logs-advancedhunting-devicenetworkevents';
const STORAGE = 'UseDevelopmentStorage=true';
/** What the worker calls of a model for each invocation. */
const INVOCATION = ['getArguments', 'getResponse', 'invokeFunction'];
const RECORD = join(REPO, 'test/support/bundle/record.mjs');

interface Binding {
  readonly type: string;
  readonly connection?: string;
  readonly [setting: string]: unknown;
}

interface Recorded {
  readonly model: { readonly name: string; readonly version: string; readonly methods: readonly string[] };
  /** What was called of the core module, in order. */
  readonly calls: readonly string[];
  readonly functions: readonly { name: string; callback: string; bindings: Record<string, Binding> }[];
  readonly hooks: readonly string[];
}

let folder: string;
/** Holds what is deployed and nothing else: no package can be found from there. */
let deployed: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beaconwatch-bundle-'));
  deployed = join(folder, 'deployed');
  await pack(deployed);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Loads the deployed bundle, by the `main` of its package.json, with these settings. */
async function load(settings: Record<string, string>): Promise<Ended> {
  const { main } = await json(join(deployed, 'package.json'));
  return node([RECORD, join(deployed, main)], { cwd: deployed, env: settings });
}

async function registered(settings: Record<string, string>): Promise<Recorded> {
  const { code, stdout, stderr } = await load(settings);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Recorded;
}

async function json(path: string) {
  return JSON.parse(await readFile(path, 'utf8'));
}

/** Bindings by function, without the names that the library makes up for them. */
function bindingsOf({ functions }: Recorded): Record<string, object[]> {
  return Object.fromEntries(
    functions.map(({ name, bindings }) => [
      name,
      Object.values(bindings).map(({ name: _madeUp, ...binding }) => binding),
    ]),
  );
}

const NOT_DEFERRED = { supportsDeferredBinding: 'false' };
const queue = (queueName: string) => [
  { type: 'queueTrigger', direction: 'in', connection: 'AzureWebJobsStorage', queueName, properties: NOT_DEFERRED },
];
const timer = (schedule: string) => [{ type: 'timerTrigger', direction: 'in', schedule, properties: NOT_DEFERRED }];
const blob = (source: string, connection = 'AzureWebJobsStorage', container = CONTAINER) => [
  {
    type: 'blobTrigger',
    direction: 'in',
    path: `${container}/{name}`,
    connection,
    source,
    sdkBinding: true,
    properties: { supportsDeferredBinding: 'true' },
  },
];
const EVERYWHERE = {
  detections: [
    {
      type: 'httpTrigger',
      direction: 'in',
      methods: ['GET', 'POST'],
      authLevel: 'function',
      route: 'detections/{id?}',
      properties: NOT_DEFERRED,
    },
    { type: 'http', direction: 'out' },
  ],
  suppressions: [
    {
      type: 'httpTrigger',
      direction: 'in',
      methods: ['GET', 'POST', 'DELETE'],
      authLevel: 'function',
      route: 'suppressions/{id?}',
      properties: NOT_DEFERRED,
    },
    { type: 'http', direction: 'out' },
  ],
  health: [
    {
      type: 'httpTrigger',
      direction: 'in',
      methods: ['GET'],
      authLevel: 'function',
      route: 'health',
      properties: NOT_DEFERRED,
    },
    { type: 'http', direction: 'out' },
  ],
  ingestQueued: queue('ingest'),
  scorePartition: queue('score'),
  notifyDetection: queue('notify'),
  sweepExports: timer('0 */5 * * * *'),
  scoreWindows: timer('0 45 * * * *'),
};

describe('the package', () => {
  it('is these files, of a size that starts quickly, and depends on nothing', async () => {
    const names = (await readdir(deployed, { recursive: true })).sort();
    const others = names.filter((name) => !/^functions-[\w-]+\.js(?:\.LEGAL\.txt)?$/.test(name));
    expect(others).toEqual([
      ...['.funcignore', 'LICENSE', 'functions.js', 'functions.js.LEGAL.txt', 'host.json', 'package.json'],
    ]);
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(deployed, name))).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(3_000_000);
    const given = await json(join(deployed, 'package.json'));
    expect(Object.keys(given)).toEqual(['name', 'version', 'license', 'private', 'type', 'main', 'engines']);
    expect(await json(join(deployed, 'host.json'))).toEqual(await json(join(REPO, 'host.json')));
  });

  it('leaves behind what azd puts beside it, and nothing else: with node_modules excluded azd would refuse to deploy', async () => {
    // azd reads this file, leaves it out itself, and compares it with `remoteBuild: false` of azure.yaml.
    expect(await readFile(join(deployed, '.funcignore'), 'utf8')).toBe('package-lock.json\n');
  });

  it('holds no code of a development dependency, nor what nothing asks for', async () => {
    const { devDependencies } = await json(join(REPO, 'package.json'));
    const { outputs } = await buildFunctions('nowhere', { write: false });
    const files = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
    const packages = new Set(files.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]));
    expect(packages).toContain('@azure/functions');
    expect(packages).not.toContain('apache-arrow');
    const bundle = await readFile(join(deployed, 'functions.js'), 'utf8');
    expect(bundle).toContain('the bundle has no checksums');
    expect(bundle).not.toContain('Crc64Hash_OnFinal');
    expect(Object.keys(devDependencies).filter((name) => packages.has(name))).toEqual([]);
  });

  it('is the only thing that goes: publishing the checkout itself sends nothing', async () => {
    const lines = (await readFile(join(REPO, '.funcignore'), 'utf8')).split('\n');
    expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual(['*']);
  });
});

describe('the bundle of functions, where nothing else can be found', () => {
  it('has no node_modules beside it, nor in any folder above', () => {
    for (let at = deployed; at !== dirname(at); at = dirname(at)) {
      expect({ at, found: existsSync(join(at, 'node_modules')) }).toEqual({ at, found: false });
    }
  });

  it('registers its programming model once, before its first function, as the worker asks for it', async () => {
    const { calls, model } = await registered({ AzureWebJobsStorage: STORAGE });
    expect(calls.filter((call) => call === 'setProgrammingModel')).toHaveLength(1);
    expect(calls.indexOf('setProgrammingModel')).toBeLessThan(calls.indexOf('registerFunction'));
    expect(model).toMatchObject({ version: expect.stringMatching(/^4\./), methods: INVOCATION });
  });

  it('registers eight functions by default, their triggers as the host reads them', async () => {
    const recorded = await registered({ AzureWebJobsStorage: STORAGE });
    expect(bindingsOf(recorded)).toEqual(EVERYWHERE);
    expect(recorded.functions.map(({ callback }) => callback)).toEqual(Array(8).fill('function'));
    expect(recorded.model.name).toBe('@azure/functions');
    expect(recorded.hooks).toEqual(['appTerminate']);
  });

  it('has pages only where a setting and the platform say that there is a sign-in', async () => {
    const on = { SIGN_IN: 'platform', WEBSITE_AUTH_ENABLED: 'True' };
    const ui = [
      {
        type: 'httpTrigger',
        direction: 'in',
        methods: ['GET', 'POST'],
        authLevel: 'anonymous',
        route: 'ui/{view?}/{id?}',
        properties: NOT_DEFERRED,
      },
      { type: 'http', direction: 'out' },
    ];
    expect(bindingsOf(await registered({ AzureWebJobsStorage: STORAGE, ...on }))).toEqual({ ...EVERYWHERE, ui });
    for (const some of [{ SIGN_IN: 'platform' }, { WEBSITE_AUTH_ENABLED: 'True' }] as Record<string, string>[])
      expect(bindingsOf(await registered({ AzureWebJobsStorage: STORAGE, ...some }))).toEqual(EVERYWHERE);
  });

  it('has no blob trigger where BLOB_TRIGGER is off', async () => {
    const recorded = await registered({ AzureWebJobsStorage: STORAGE, BLOB_TRIGGER: 'off' });
    expect(bindingsOf(recorded)).toEqual(EVERYWHERE);
  });

  it.each(['EventGrid', 'LogsAndContainerScan'])(
    'receives exports by %s, by name and without their content',
    async (source) => {
      const recorded = await registered({ AzureWebJobsStorage: STORAGE, BLOB_TRIGGER: source });
      expect(bindingsOf(recorded)).toEqual({ ...EVERYWHERE, ingestExport: blob(source) });
    },
  );

  it('watches the first container, in the storage account of the exports', async () => {
    const recorded = await registered({
      AzureWebJobsStorage__accountName: 'state',
      ExportStorage__accountName: 'exports',
      EXPORT_CONTAINERS: 'first-one, second-one',
      BLOB_TRIGGER: 'EventGrid',
    });
    expect(bindingsOf(recorded)['ingestExport']).toEqual(blob('EventGrid', 'ExportStorage', 'first-one'));
  });

  it('does not start on wrong settings: it names all of them, and no secret', async () => {
    const { code, stderr } = await load({
      AzureWebJobsStorage: 'AccountName=state;Key=c3RvcmFnZSBzZWNyZXQ=',
      LOOKBACK_DAYS: 'three',
      MIN_AVERAGE: '-1',
      BLOB_TRIGGER: 'sometimes',
      EXPORT_CONTAINERS: 'Upper-Case',
      SINKS: '[{"name":"chat","format":"json","url":"ftp://example.com/hooks/T0K3N","secret":"whsec_c2hvcnQ="}]',
    });
    expect(code).not.toBe(0);
    const names = ['LOOKBACK_DAYS', 'MIN_AVERAGE', 'BLOB_TRIGGER', 'EXPORT_CONTAINERS', 'AzureWebJobsStorage', 'SINKS'];
    // The host keeps only the first line of an error as an error.
    const line = /^.*Invalid settings: .*$/m.exec(stderr)?.[0];
    for (const name of names) expect(line).toMatch(new RegExp(`[:;] ${name}`));
    expect(stderr).not.toMatch(/c3RvcmFnZSBzZWNyZXQ|T0K3N|c2hvcnQ/);
  });

  it('starts where a sink alone is wrong', async () => {
    const SINKS = '[{"name":"chat","format":"slack","url":{"setting":"CHAT_URL"}}]';
    const CHAT_URL = '@Microsoft.KeyVault(SecretUri=https://example.vault.azure.net/secrets/CHAT-URL)';
    expect(bindingsOf(await registered({ AzureWebJobsStorage: STORAGE, SINKS, CHAT_URL }))).toEqual(EVERYWHERE);
  });

  it('fits host.json and the sample of local settings', async () => {
    const { Values: settings } = await json(join(REPO, 'local.settings.sample.json'));
    const { main } = await json(join(REPO, 'package.json'));
    const host = await json(join(REPO, 'host.json'));
    expect(main).toBe('dist/functions.js');
    const recorded = await registered(settings);
    expect(bindingsOf(recorded)).toEqual({ ...EVERYWHERE, ingestExport: blob('LogsAndContainerScan') });
    for (const { bindings } of recorded.functions) {
      for (const { connection } of Object.values(bindings)) {
        if (connection === undefined) continue;
        const isSet = Object.keys(settings).some((name) => name === connection || name.startsWith(`${connection}__`));
        expect({ connection, isSet }).toEqual({ connection, isSet: true });
      }
    }
    // Of an extension bundle that has queues, timers and blobs by reference; messages as the queues adapter writes them.
    expect(host).toMatchObject({
      version: '2.0',
      // As long as the hour until the next run: Flex Consumption sets no limit (30 minutes where this says nothing).
      functionTimeout: '01:00:00',
      logging: {
        logLevel: {
          // Of our lines all, of the host's what is wrong. An answer 404 or 409 of storage is none of it, and nothing reads
          // the aggregated metrics.
          default: 'Warning',
          'Azure.Core': 'Error',
          Function: 'Information',
          'Host.Aggregator': 'Warning',
        },
      },
      extensionBundle: { id: 'Microsoft.Azure.Functions.ExtensionBundle', version: '[4.*, 5.0.0)' },
      extensions: {
        blobs: { maxDegreeOfParallelism: 1, poisonBlobThreshold: 5 },
        queues: { batchSize: 1, newBatchThreshold: 0, maxDequeueCount: 5, messageEncoding: 'base64' },
      },
    });
  });
});
