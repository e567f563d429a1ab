// node duckdb.mjs FOLDER THREADS [prefilter]: with it, lines are searched as text and only the hits are taken apart.
import { DuckDBInstance } from '@duckdb/node-api';

const [, , folder, threads, prefilter] = process.argv;
const instance = await DuckDBInstance.create(':memory:', { threads });
const connection = await instance.connect();
const columns = ['DeviceName', 'InitiatingProcessFileName', 'RemoteIP', 'ActionType', 'Timestamp', 'AdditionalFields'];
const files = `'${folder}/2*.json'`;
const row = `STRUCT(${columns.map((name) => `${name} VARCHAR`).join(', ')})`;
const shape = JSON.stringify({ properties: Object.fromEntries(columns.map((name) => [name, 'VARCHAR'])) });
const rows = {
  typed: `read_json(${files}, format = 'newline_delimited', columns = { properties: '${row}' })`,
  prefilter: `(SELECT from_json(json, '${shape}').properties AS properties
    FROM read_ndjson_objects(${files}) WHERE contains(json::VARCHAR, 'AggregatedReport'))`,
};
const query = `
  WITH hourly AS (
    SELECT properties.DeviceName d, properties.InitiatingProcessFileName p, properties.RemoteIP r,
           properties.Timestamp[1:13] h, count(*) reports,
           sum((properties.AdditionalFields->>'uniqueEventsAggregated')::INT) connections
    FROM ${prefilter === 'prefilter' ? rows.prefilter : rows.typed}
    WHERE suffix(properties.ActionType, 'AggregatedReport')
      AND regexp_matches(properties.RemoteIP, '^\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}$')
      AND NOT regexp_matches(properties.RemoteIP, '^(?:10\\.|172\\.(?:1[6-9]|2\\d|3[01])\\.|192\\.168\\.|169\\.254\\.|127\\.)')
    GROUP BY ALL
  )
  SELECT sum(reports)::INT, count(DISTINCT (d, p, r))::INT, count(*)::INT, sum(connections)::INT FROM hourly`;
const [[reports, groups, groupHours, connections]] = (await connection.runAndReadAll(query)).getRows();
process.stdout.write(JSON.stringify({ reports, groups, groupHours, connections }));
