import { odata } from '@azure/data-tables';
import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { SinkState, SinkStates } from '../ports/sink_states.ts';
import type { Versioned } from '../ports/versioned.ts';
import type { StorageClients } from './clients.ts';
import { int32, int64, text, whole, wholeOrNull } from './columns.ts';
import { TABLES } from './names.ts';
import { type NewTableRow, Table, type TableRow } from './table.ts';

const PARTITION = 'sinks';

/** The `Sinks` table. */
export class AzureSinkStates implements SinkStates {
  readonly #table: Table;

  constructor(clients: StorageClients) {
    this.#table = new Table(clients, TABLES.sinks);
  }

  async get(name: string): Promise<Versioned<SinkState> | null> {
    const row = await this.#table.get(PARTITION, name);
    return row && decode(row);
  }

  async list(): Promise<readonly Versioned<SinkState>[]> {
    const filter = odata`PartitionKey eq ${PARTITION}`;
    return (await Array.fromAsync(this.#table.pages('list', { filter }))).flat().map(decode);
  }

  async insert(state: SinkState): Promise<string | null> {
    return this.#table.insert(encodeSink(state));
  }

  async replace(state: SinkState, version: string): Promise<string | null> {
    return this.#table.update(encodeSink(state), 'Replace', version);
  }
}

function encodeSink(state: SinkState): NewTableRow {
  return {
    partitionKey: PARTITION,
    rowKey: state.name,
    Name: state.name,
    Since: state.since,
    ...(state.disabledAt !== null && { DisabledAt: int64(state.disabledAt) }),
    Settings: state.settings,
    Failures: int32(state.failures),
    NotBefore: int64(state.notBefore),
  };
}

function decode(row: TableRow): Versioned<SinkState> {
  return { row: decodeSink(row), version: row.etag };
}

function decodeSink(row: TableRow): SinkState {
  return {
    name: text(row, 'Name'),
    since: text(row, 'Since') as Timestamp,
    disabledAt: wholeOrNull(row, 'DisabledAt'),
    settings: text(row, 'Settings'),
    failures: whole(row, 'Failures'),
    notBefore: whole(row, 'NotBefore'),
  };
}
