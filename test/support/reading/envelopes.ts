import type { NetworkEvent } from './network_events.ts';

type Rows = readonly NetworkEvent[];

const columns = ([first]: Rows) => Object.keys(first ?? {});
const cells = (rows: Rows) => rows.map((row) => Object.values(row));
const inLogAnalytics = (rows: Rows) => rows.map(({ Timestamp, ...row }) => ({ TimeGenerated: Timestamp, ...row }));

/** Frames of Azure Data Explorer that are about the query. Their text mentions the query's own words. */
const PROPERTIES = {
  FrameType: 'DataTable',
  TableId: 0,
  TableKind: 'QueryProperties',
  TableName: '@ExtendedProperties',
  Columns: [
    { ColumnName: 'TableId', ColumnType: 'int' },
    { ColumnName: 'Value', ColumnType: 'dynamic' },
  ],
  Rows: [[1, '{"Text":"ActionType endswith AggregatedReport"}']],
};
const INFORMATION = { ...PROPERTIES, TableId: 2, TableKind: 'QueryCompletionInformation' };
const HEADER = { FrameType: 'DataSetHeader', IsProgressive: false, Version: 'v2.0' };
const COMPLETION = { FrameType: 'DataSetCompletion', HasErrors: false, Cancelled: false };

const kustoColumns = (rows: Rows) => columns(rows).map((ColumnName) => ({ ColumnName, ColumnType: 'string' }));

/** The answers of query APIs, as their documentation and public samples show them, with the rows in them. */
export const ENVELOPES: readonly (readonly [string, (rows: Rows) => unknown])[] = [
  [
    'of advanced hunting (Defender)',
    (rows) => ({
      Stats: { ExecutionTime: 4.6, resource_usage: { cache: {}, cpu: { user: '00:00:04' } } },
      Schema: columns(rows).map((Name) => ({ Name, Type: 'String' })),
      Results: rows,
    }),
  ],
  [
    'of runHuntingQuery (Graph)',
    (rows) => ({
      '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.security.huntingQueryResults',
      schema: columns(rows).map((name) => ({ name, type: 'String' })),
      results: rows,
    }),
  ],
  ['of Graph in PowerShell', (rows) => ({ Results: rows.map((row) => ({ AdditionalProperties: row })), Schema: [] })],
  [
    'of Log Analytics',
    (rows) => ({
      tables: [
        {
          name: 'PrimaryResult',
          columns: columns(inLogAnalytics(rows) as never).map((name) => ({ name, type: 'string' })),
          rows: cells(inLogAnalytics(rows) as never),
        },
      ],
      statistics: { query: { executionTime: 0.1 } },
    }),
  ],
  [
    'of the SDK for Log Analytics',
    (rows) => ({
      tables: [
        {
          name: 'PrimaryResult',
          columnDescriptors: columns(rows).map((name) => ({ name, type: 'string' })),
          rows: cells(rows),
        },
      ],
      status: 'Success',
    }),
  ],
  ['of a list of tables', (rows) => [{ name: 'PrimaryResult', columns: columns(rows), rows: cells(rows) }]],
  [
    'of az monitor log-analytics query',
    (rows) => rows.map((row) => ({ ...row, RemotePort: `${row.RemotePort}`, TableName: 'PrimaryResult' })),
  ],
  ['of Invoke-AzOperationalInsightsQuery', (rows) => ({ Results: inLogAnalytics(rows), Render: null, Error: null })],
  ['of PowerShell 5, which wraps a list', (rows) => ({ value: rows, Count: rows.length })],
  [
    'of Azure Data Explorer, version 1',
    (rows) => ({
      Tables: [
        {
          TableName: 'Table_0',
          Columns: columns(rows).map((ColumnName) => ({ ColumnName, DataType: 'String', ColumnType: 'string' })),
          Rows: cells(rows),
        },
      ],
    }),
  ],
  [
    'of Azure Data Explorer, version 2',
    (rows) => [
      HEADER,
      PROPERTIES,
      {
        FrameType: 'DataTable',
        TableId: 1,
        TableKind: 'PrimaryResult',
        TableName: 'PrimaryResult',
        Columns: kustoColumns(rows),
        Rows: cells(rows),
      },
      INFORMATION,
      COMPLETION,
    ],
  ],
  [
    'of Azure Data Explorer, version 2, in fragments',
    (rows) => [
      { ...HEADER, IsProgressive: true },
      PROPERTIES,
      {
        FrameType: 'TableHeader',
        TableId: 1,
        TableKind: 'PrimaryResult',
        TableName: 'PrimaryResult',
        Columns: kustoColumns(rows),
      },
      ...[rows.slice(0, 2), rows.slice(2)].map((part) => ({
        FrameType: 'TableFragment',
        TableId: 1,
        FieldCount: columns(rows).length,
        TableFragmentType: 'DataAppend',
        Rows: cells(part),
      })),
      { FrameType: 'TableProgress', TableId: 1, TableProgress: 50.0 },
      { FrameType: 'TableCompletion', TableId: 1, RowCount: rows.length },
      INFORMATION,
      COMPLETION,
    ],
  ],
  [
    'of Elasticsearch',
    (rows) => ({
      took: 3,
      _shards: { total: 1, failed: 0 },
      hits: {
        total: { value: rows.length, relation: 'eq' },
        max_score: 1.0,
        hits: rows.map((row, n) => ({ _index: 'mde', _id: `${n}`, _source: row })),
      },
    }),
  ],
];
