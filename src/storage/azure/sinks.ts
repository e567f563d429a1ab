import { odata } from '@azure/data-tables';
import * as z from 'zod';
import { DETECTORS } from '../../core/detections/assessments.ts';
import { SEVERITIES } from '../../core/detections/detection.ts';
import { SOURCES } from '../../core/records/report.ts';
import { allOf } from '../all_of.ts';
import type { SinkState, SinkStates } from '../ports/sink_states.ts';
import type { Versioned } from '../ports/versioned.ts';
import type { StorageClients } from './clients.ts';
import { goodRows, int32, int64, json, jsonOf, orNull, readColumns, TEXT, TIME, WHOLE } from './columns.ts';
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
    return (await allOf(this.#table.pages('list', { filter }))).flatMap((page) => goodRows(page, decode));
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
    ...(state.minSeverity && { MinSeverity: state.minSeverity }),
    ...(state.sources && { Sources: json(state.sources) }),
    ...(state.detectors && { Detectors: json(state.detectors) }),
  };
}

function decode(row: TableRow): Versioned<SinkState> {
  return { row: decodeSink(row), version: row.etag };
}

const ROW = z.object({
  Name: TEXT,
  Since: TIME,
  DisabledAt: orNull(WHOLE),
  Settings: TEXT,
  Failures: WHOLE,
  NotBefore: WHOLE,
  MinSeverity: orNull(z.enum(SEVERITIES)),
  Sources: orNull(jsonOf(z.array(z.enum(SOURCES)))),
  Detectors: orNull(jsonOf(z.array(z.enum(DETECTORS)))),
});

/** Throws a BadRowError where the row is not one of Sinks. */
function decodeSink(row: TableRow): SinkState {
  const columns = readColumns(TABLES.sinks, ROW, row);
  return {
    name: columns.Name,
    since: columns.Since,
    disabledAt: columns.DisabledAt,
    settings: columns.Settings,
    failures: columns.Failures,
    notBefore: columns.NotBefore,
    ...(columns.MinSeverity && { minSeverity: columns.MinSeverity }),
    ...(columns.Sources && { sources: columns.Sources }),
    ...(columns.Detectors && { detectors: columns.Detectors }),
  };
}
