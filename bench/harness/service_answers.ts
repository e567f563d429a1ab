import type { Timestamp } from '../../src/core/kql/timestamp.ts';
import type { Contribution } from '../../src/core/records/contribution.ts';
import { dayOf } from '../../src/core/records/day.ts';
import { storageClients } from '../../src/storage/azure/clients.ts';
import { decodeContribution } from '../../src/storage/azure/hourly_counts_codec.ts';
import { Table, type TableRow } from '../../src/storage/azure/table.ts';
import { answering, response } from '../../test/support/azure/policies.ts';

const ETAG = 'W/"datetime\'2026-11-20T11%3A11%3A11.1234567Z\'"';
const HEADERS = { 'content-type': 'application/json;odata=minimalmetadata' };
const TABLE = 'HourlyCounts';

/** The service's answer to a listing: a page of rows as JSON. */
function answerOf(page: readonly TableRow[]): string {
  const value = page.map(({ partitionKey, rowKey, etag: _etag, ...columns }) => ({
    'odata.etag': ETAG,
    PartitionKey: partitionKey,
    RowKey: rowKey,
    ...columns,
  }));
  return JSON.stringify({ 'odata.metadata': 'https://bench/$metadata#HourlyCounts', value });
}

/** Each page as an answer, made when it is asked for. */
export function* answersOf(pages: Iterable<readonly TableRow[]>): Generator<string> {
  for (const page of pages) yield answerOf(page);
}

/** Reads answers as a run reads those of the service, or through the SDK's own reading of rows; without a network. */
export class AnswerReader {
  #body = '';
  readonly #clients = storageClients(
    { kind: 'connectionString', value: CONNECTION },
    { policy: answering((request) => response(request, 200, HEADERS, this.#body)) },
  );
  readonly #table = new Table(this.#clients, TABLE);

  async *ours(answers: Iterable<string>): AsyncGenerator<readonly Contribution[]> {
    for (const answer of answers) {
      this.#body = answer;
      for await (const rows of this.#table.pages('scan', {})) yield rows.map(decoded);
    }
  }

  async *sdk(answers: Iterable<string>): AsyncGenerator<readonly Contribution[]> {
    for (const answer of answers) {
      this.#body = answer;
      const listing = this.#clients.table(TABLE).listEntities<Record<string, unknown>>().byPage();
      for await (const rows of listing) yield rows.map(decoded);
    }
  }
}

function decoded(row: TableRow): Contribution {
  return decodeContribution(dayOf((row.rowKey ?? '').slice(36, 64) as Timestamp), row);
}

const ENDPOINTS = ['Blob', 'Queue', 'Table'].map((name) => `${name}Endpoint=http://127.0.0.1:1/bench`).join(';');
const CONNECTION = `DefaultEndpointsProtocol=http;AccountName=bench;AccountKey=c3R1Yg==;${ENDPOINTS}`;
