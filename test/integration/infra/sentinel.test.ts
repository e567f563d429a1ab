import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { Language, type Node, Parser } from 'web-tree-sitter';
import { sentinelRow } from '../../../src/notify/sinks/sentinel_row.ts';
import { sinkSchema } from '../../../src/notify/sinks/settings.ts';
import { syntheticDetection } from '../../../src/notify/sinks/synthetic.ts';
import { NOW } from '../../support/sinks/samples.ts';

const FOLDER = new URL('../../../infra/sentinel/', import.meta.url);
const read = (name: string) => readFile(new URL(name, FOLDER), 'utf8');

const columns = JSON.parse(await read('columns.json')) as { name: string; type: string }[];
const row = sentinelRow(syntheticDetection(NOW.getTime()), { Portal: 'https://portal.example/{id}' }, NOW);

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

describe('infra/sentinel/*.bicep', () => {
  let parser: Parser;
  beforeAll(async () => {
    await Parser.init();
    const wasm = createRequire(import.meta.url).resolve('tree-sitter-bicep/tree-sitter-bicep.wasm');
    parser = new Parser().setLanguage(await Language.load(wasm));
  });

  const faults = (node: Node): string[] => [
    ...(node.isError || node.isMissing ? [`line ${node.startPosition.row + 1}: ${node.text.slice(0, 80)}`] : []),
    ...node.children.flatMap((child) => (child ? faults(child) : [])),
  ];

  it.each(['main.bicep', 'collection.bicep', 'rule.bicep'])('%s parses', async (name) => {
    const tree = parser.parse(await read(name));
    expect(faults(tree?.rootNode as Node)).toEqual([]);
  });

  it('writes through the stream that a sink has by default', async () => {
    const sink = { name: 's', format: 'sentinel', endpoint: 'https://x.example', ruleId: `dcr-${'0'.repeat(32)}` };
    const { stream } = sinkSchema.parse(sink) as { stream: string };
    const text = await read('main.bicep');
    expect(text).toContain(`var tableName = '${stream.replace('Custom-', '')}'`);
    expect(text).toContain("var streamName = 'Custom-$" + "{tableName}'");
  });

  it('puts the data collection rule where the workspace is, which its resource group need not be', async () => {
    // A resource takes no location that is known at run time only; a module does.
    expect(await read('main.bicep')).toContain('location: workspace.location');
    expect(await read('collection.bicep')).toMatch(/kind: 'Direct'/);
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
    expect([entities.length, severity.length, placeholders.length, details.length]).toEqual([8, 1, 2, 5]);
    for (const name of [...entities, ...severity, ...placeholders, ...details]) expect(known).toContain(name);
    // A title holds no text that an attacker chooses.
    expect(placeholders).toEqual(['Headline', 'RemoteIP']);
  });
});
