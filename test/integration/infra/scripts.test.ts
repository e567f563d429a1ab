import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REPO } from '../../support/bundle/child.ts';
import { files } from './template.ts';

/** Stands in for the Azure CLI: writes down how it was called, an argument a line, and answers as it is told. */
const AZ = `#!/usr/bin/env bash
printf '%s\\n' "$@" -- >> "$CALLS"
case "$*" in
  *"functionapp keys list"*)
    # As often as FAILS says, the host is not up yet.
    [ "$(grep -c "^keys$" "$CALLS")" -gt "\${FAILS:-0}" ] || exit 1
    cat "$KEYS" ;;
  *"provider show"*) echo "\${STATE:-Registered}" ;;
  *"storage account show"*) echo "\${FIREWALL:-Deny AzureServices}" ;;
  *"blob list"*) echo "\${BLOBS:-}" ;;
  *"container exists"*) [ -z "\${FORBIDDEN:-}" ] && echo "\${EXISTS:-true}" ;;
esac
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'beaconwatch-scripts-'));
  for (const [name, text] of [
    ['az', AZ],
    ['npm', '#!/usr/bin/env bash\nenv | grep -E "^(AzureWebJobs|ExportStorage)"; echo "npm $*"\n'],
  ] as const) {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o755);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const OUTPUTS = {
  SUBSCRIPTION_ID: 's-0',
  RESOURCE_GROUP: 'rg-one',
  FUNCTION_APP_NAME: 'func-one',
  FUNCTION_APP_HOST: 'func-one.azurewebsites.net',
  HOST_STORAGE_ACCOUNT: 'bwhostone',
  EXPORT_STORAGE_ACCOUNT: 'bwexportsone',
  EXPORT_STORAGE_ACCOUNT_ID:
    '/subscriptions/s-1/resourceGroups/rg-one/providers/Microsoft.Storage/storageAccounts/bwexportsone',
  EXPORT_CONTAINERS: 'first-one, second-one',
  BLOB_TRIGGER: 'EventGrid',
  SYSTEM_TOPIC_NAME: 'evgt-one',
};

/** Runs a script with these outputs of a deployment; how it called az, each call a list. */
function run(script: string, env: Record<string, string> = {}, key = 'k3y') {
  const calls = join(folder, `calls-${Math.random()}`);
  const keys = join(folder, 'keys');
  writeFileSync(calls, '');
  writeFileSync(keys, key);
  const { status, stdout, stderr } = spawnSync('bash', [join(REPO, 'infra/scripts', script)], {
    encoding: 'utf8',
    env: { PATH: `${folder}:/usr/bin:/bin`, CALLS: calls, KEYS: keys, WAIT_SECONDS: '0', ...OUTPUTS, ...env },
  });
  const called = readFileSync(calls, 'utf8').split('--\n').filter(Boolean);
  return { status, stdout, stderr, calls: called.map((call) => call.trimEnd().split('\n')) };
}

describe('event-subscription.sh', () => {
  it('has Event Grid tell ingestExport of blobs in the first container that are not empty, for an hour', () => {
    const { status, calls } = run('event-subscription.sh');
    expect(status).toBe(0);
    expect(calls).toHaveLength(2);
    expect(calls[1]).toEqual(
      (
        'eventgrid system-topic event-subscription create --resource-group rg-one --system-topic-name evgt-one ' +
        '--subscription s-0 --name func-one --endpoint-type webhook --endpoint ' +
        'https://func-one.azurewebsites.net/runtime/webhooks/blobs?functionName=Host.Functions.ingestExport&code=k3y ' +
        '--included-event-types Microsoft.Storage.BlobCreated ' +
        '--subject-begins-with /blobServices/default/containers/first-one/ ' +
        '--advanced-filter data.contentLength NumberGreaterThan 0 --event-ttl 60 --max-delivery-attempts 5 --output none'
      ).split(' '),
    );
  });

  it('asks for the topic of an account of somebody else’s', () => {
    const { calls } = run('event-subscription.sh', { SYSTEM_TOPIC_NAME: '' });
    expect(calls[1]?.slice(0, 5)).toEqual([
      'eventgrid',
      'event-subscription',
      'create',
      '--source-resource-id',
      OUTPUTS.EXPORT_STORAGE_ACCOUNT_ID,
    ]);
  });

  it('does nothing where the trigger is off', () => {
    expect(run('event-subscription.sh', { BLOB_TRIGGER: 'off' })).toMatchObject({ status: 0, calls: [] });
  });

  it('fails, and says so, where the app never makes its key, and does not show a key that it has', () => {
    const without = run('event-subscription.sh', {}, '');
    expect(without).toMatchObject({ status: 1, stderr: expect.stringContaining('func-one') });
    expect(without.calls).toHaveLength(10);
    const { stdout, stderr } = run('event-subscription.sh');
    expect(stdout + stderr).not.toContain('k3y');
  });

  it('tries again where the host is not up yet, in the subscription of the deployment', () => {
    const { status, calls } = run('event-subscription.sh', { FAILS: '2' });
    expect(status).toBe(0);
    expect(calls.map(([command]) => command)).toEqual(['functionapp', 'functionapp', 'functionapp', 'eventgrid']);
    for (const call of calls) expect(call[call.indexOf('--subscription') + 1]).toBe('s-0');
  });
});

describe('exporter.sh', () => {
  it('registers Microsoft.Insights where it is not, and says what to click, with the account’s id', () => {
    const { status, stdout, calls } = run('exporter.sh', { STATE: 'NotRegistered' });
    expect(status).toBe(0);
    expect(calls[1]?.slice(0, 2)).toEqual(['provider', 'register']);
    expect(calls[1]).toContain('s-1');
    expect(stdout).toContain(OUTPUTS.EXPORT_STORAGE_ACCOUNT_ID);
    expect(stdout).toMatch(/Aggregated reporting[\s\S]*Streaming API[\s\S]*DeviceNetworkEvents/);
    expect(run('exporter.sh').calls.some((call) => call[1] === 'register')).toBe(false);
  });

  it('fails where the account keeps trusted services out', () => {
    expect(run('exporter.sh', { FIREWALL: 'Deny None' })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('trusted'),
    });
    expect(run('exporter.sh', { FIREWALL: 'Allow None' })).toMatchObject({ status: 0 });
  });
});

describe('check-export.sh', () => {
  it('looks at two days of each container, then asks beaconwatch what is read', () => {
    const { status, stdout, calls } = run('check-export.sh');
    expect(status).toBe(0);
    const listed = calls
      .filter((call) => call.includes('list'))
      .map((call) => call[call.indexOf('--container-name') + 1]);
    // Once each: a listing is of the whole container, and billed.
    expect(listed).toEqual(['first-one', 'second-one']);
    for (const daysAgo of [0, 1]) {
      const [date = ''] = new Date(Date.now() - daysAgo * 86_400_000).toISOString().split('T');
      const [year, month, day] = date.split('-');
      expect(calls.flat().join(' ')).toContain(`contains(name, 'y=${year}/m=${month}/d=${day}/')`);
    }
    for (const call of calls) expect(call).toContain('login');
    expect(stdout).toContain('AzureWebJobsStorage__accountName=bwhostone');
    expect(stdout).toContain('ExportStorage__accountName=bwexportsone');
    expect(stdout).toContain('npm run -s beaconwatch -- health');
  });

  it('shows the newest exports, or says that there are none', () => {
    const blobs = Array.from({ length: 9 }, (_, hour) => `2026-11-20T0${hour}:59:00+00:00 1000 name-${hour}`);
    const { stdout } = run('check-export.sh', { BLOBS: blobs.toReversed().join('\n') });
    expect(stdout).toContain(`── first-one\n${blobs.slice(-6).join('\n')}\n`);
    expect(run('check-export.sh').stdout).toContain('── first-one\nnothing of today or yesterday');
  });

  it('says what is not there yet', () => {
    expect(run('check-export.sh', { EXISTS: 'false' }).stdout).toContain('not there: the exporter makes it');
    const forbidden = run('check-export.sh', { FORBIDDEN: 'yes' });
    expect(forbidden).toMatchObject({ status: 1, stdout: expect.not.stringContaining('not there') });
  });
});

describe('before-down.sh', () => {
  const others = '/subscriptions/s-1/resourceGroups/rg-theirs/providers/Microsoft.Storage/storageAccounts/theirs';
  const sentinel = '/subscriptions/s-1/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/soc';

  it('lets azd delete a deployment that has put everything into a group of its own', () => {
    expect(run('before-down.sh')).toMatchObject({ status: 0, stderr: '' });
    const empty = { BEACONWATCH_EXPORT_ACCOUNT_ID: '', BEACONWATCH_SENTINEL_WORKSPACE_ID: '' };
    expect(run('before-down.sh', empty)).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([
    [{ BEACONWATCH_EXPORT_ACCOUNT_ID: others }, 'in them: rg-theirs\n'],
    [{ BEACONWATCH_SENTINEL_WORKSPACE_ID: sentinel }, 'in them: rg-soc\n'],
    [{ BEACONWATCH_EXPORT_ACCOUNT_ID: others, BEACONWATCH_SENTINEL_WORKSPACE_ID: sentinel }, 'rg-theirs rg-soc\n'],
  ])('stops it where azd would delete groups of others: %o', (env, text) => {
    expect(run('before-down.sh', env)).toMatchObject({ status: 1, stderr: expect.stringContaining(text) });
  });
});

describe('every script of infra/', () => {
  it.each(
    files('infra/scripts', '.sh')
      .filter((path) => !path.endsWith('/before-down.sh'))
      .map((path) => [path]),
  )('%s stops at the first error, and names what it lacks', (path) => {
    const text = readFileSync(join(REPO, path), 'utf8');
    expect(text).toMatch(/^#!\/usr\/bin\/env bash\n/);
    expect(text).toMatch(/^set -euo pipefail$/m);
    const { status, stderr } = spawnSync('bash', [join(REPO, path)], {
      encoding: 'utf8',
      env: { PATH: `${folder}:/usr/bin:/bin` },
    });
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining('is an output of infra/main.bicep'),
    });
  });
});
