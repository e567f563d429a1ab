import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { sentinelRow } from '../../../src/notify/sinks/sentinel_row.ts';
import { sinkSchema } from '../../../src/notify/sinks/settings.ts';
import { syntheticDetection } from '../../../src/notify/sinks/synthetic.ts';
import { changed, regular } from '../../support/detections.ts';
import { NOW } from '../../support/sinks/samples.ts';
import { deploymentOf, resourceOf, resourcesOf, valueAt } from './predicted.ts';

const FOLDER = new URL('../../../infra/sentinel/', import.meta.url);
const read = (name: string) => readFile(new URL(name, FOLDER), 'utf8');

const columns = JSON.parse(await read('columns.json')) as { name: string; type: string }[];
// Both detectors match: what one did not find has no value.
const both = changed(syntheticDetection(NOW.getTime()), {});
const detection = { ...both, assessments: { ...both.assessments, regularity: regular() } };
const owner = { asn: 64_496, organisation: 'Example Hosting', country: 'NL' };
const row = sentinelRow({ ...detection, owner }, { Portal: 'https://portal.example/{id}' }, NOW);

/** Whether a value of a row is what a column of that type takes. */
const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  datetime: (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
  int: (value) => Number.isInteger(value) && Math.abs(value as number) < 2 ** 31,
  long: (value) => Number.isSafeInteger(value),
  real: (value) => Number.isFinite(value),
  dynamic: (value) => typeof value === 'object',
};

describe('infra/sentinel/columns.json', () => {
  it('has the columns of a row, no other, in its order', () => {
    expect(columns.map(({ name }) => name)).toEqual(Object.keys(row));
  });

  it('has their types', () => {
    for (const { name, type } of columns)
      expect({ name, type, fits: TYPES[type]?.(row[name]) }).toMatchObject({ fits: true });
  });

  it('has names that a table takes', () => {
    for (const { name } of columns) expect(name).toMatch(/^[A-Za-z][A-Za-z0-9_]{1,44}$/);
    expect(columns[0]).toEqual({ name: 'TimeGenerated', type: 'datetime' });
  });
});

describe('the receiving side of the sink', () => {
  it('has a table with the columns of a row', () => {
    const table = resourceOf('sentinel-alone', 'Microsoft.OperationalInsights/workspaces/tables');
    const made = valueAt(table, 'properties.schema.columns') as { name: string; type: string }[];
    expect(made.map(({ name, type }) => ({ name, type: type.toLowerCase() }))).toEqual(columns);
  });

  it('receives through the stream that a sink has by default', () => {
    const sink = { name: 's', format: 'sentinel', endpoint: 'https://x.example', ruleId: `dcr-${'0'.repeat(32)}` };
    const { stream } = sinkSchema.parse(sink) as { stream: string };
    expect(deploymentOf('sentinel-alone').outputs['stream']).toBe(stream);
    const rule = resourceOf('sentinel-alone', 'Microsoft.Insights/dataCollectionRules');
    expect(rule['kind']).toBe('Direct');
    expect(valueAt(rule, 'properties.streamDeclarations')).toEqual({ [stream]: { columns } });
    expect(valueAt(rule, 'properties.dataFlows')).toMatchObject([{ streams: [stream], outputStream: stream }]);
    expect(resourceOf('sentinel-alone', 'Microsoft.OperationalInsights/workspaces/tables').name).toBe(
      `log-sentinel/${stream.replace('Custom-', '')}`,
    );
  });

  it('puts the data collection rule where the workspace is, which its resource group need not be', () => {
    const rule = resourceOf('sentinel-alone', 'Microsoft.Insights/dataCollectionRules');
    expect(rule['location']).toBe('«workspace log-sentinel.location»');
  });

  it('is in the resource group of the workspace, and omits the rule if it is switched off', () => {
    const rules = (set: string) => resourcesOf(set, 'Microsoft.SecurityInsights/alertRules').map(({ id }) => id);
    expect(rules('sentinel')).toEqual([expect.stringContaining('/resourceGroups/rg-sentinel/')]);
    expect(rules('sentinel-without-rule')).toEqual([]);
    expect(rules('default')).toEqual([]);
    expect(resourcesOf('sentinel-without-rule', 'Microsoft.Insights/dataCollectionRules')).toHaveLength(1);
  });

  it('names only columns that there are', async () => {
    const rule = await read('rule.bicep');
    const query = await read('rule.kql');
    const known = new Set([
      ...columns.map(({ name }) => name),
      ...[...query.matchAll(/(\w+) = /g)].map(([, name]) => name),
    ]);
    const entities = [...rule.matchAll(/columnName: '(\w+)'/gi)].map(([, name]) => name);
    const severity = [...rule.matchAll(/alertSeverityColumnName: '(\w+)'/g)].map(([, name]) => name);
    const placeholders = [...rule.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name);
    const details = [...(/customDetails: \{([^}]*)\}/.exec(rule)?.[1] ?? '').matchAll(/: '(\w+)'/g)].map(
      ([, name]) => name,
    );
    expect([entities.length, severity.length, placeholders.length, details.length]).toEqual([12, 1, 2, 7]);
    for (const name of [...entities, ...severity, ...placeholders, ...details]) expect(known).toContain(name);
    // With SERIES_GRAIN report the averages are of reports, not of hours.
    expect(rule).not.toMatch(/PerHour: '(avg_conn_count|Average)'/);
    // A title holds no text that an attacker chooses.
    expect(placeholders).toEqual(['Headline', 'RemoteIP']);
  });
});
