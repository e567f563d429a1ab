import type { Source } from './report.ts';

/** Columns that a source needs and the header of a table does not have. */
export interface MissingColumns {
  /** By source, in the order in which a person reads them; a source that misses none is not in it. */
  readonly bySource: ReadonlyMap<Source, readonly string[]>;
  /** Names in the header that are known, for messages. */
  readonly found: readonly string[];
  /** Whether the table is known to be of the kind that needs them, so that every row counts as one of it. */
  readonly isCertain?: boolean;
}

export interface TableHeader {
  /** The names of the columns: trimmed, in the spelling of the product, without the zone that portals append. */
  readonly columns: readonly string[];
  /** null where nothing is missing. */
  readonly missing: MissingColumns | null;
}

/** A kind of table, by the columns that each source needs of it. `a|b`: one of the two. */
type Needed = Partial<Readonly<Record<Source, readonly string[]>>>;

const NETWORK_EVENTS = ['Timestamp|TimeGenerated', 'DeviceName', 'InitiatingProcessFileName', 'RemoteIP', 'ActionType'];
/** The provider in `Event`, `SecurityEvent` and `WindowsEvent`. */
const PROVIDER = 'Source|EventSourceName|Provider';
const EVENT_DATA = 'EventData|ParameterXml|RenderedDescription|Message';

const TABLES: readonly Needed[] = [
  { defender: [...NETWORK_EVENTS, 'AdditionalFields'], 'defender-raw': NETWORK_EVENTS },
  ofEvents(['TimeGenerated', 'Computer', PROVIDER, 'EventID', EVENT_DATA]),
  ofEvents(['TimeCreated', 'MachineName', 'ProviderName', 'Id', 'Message']),
  { zeek: ['ts', 'id.orig_h', 'id.resp_h', 'conn_state'] },
];

function ofEvents(columns: readonly string[]): Needed {
  return { sysmon: columns, wfp: columns };
}

/** Columns that no source needs, and that show what a table is. */
const OTHER_COLUMNS = [
  ...[
    'DeviceId',
    'ReportId',
    'RemotePort',
    'RemoteUrl',
    'LocalIP',
    'LocalPort',
    'Protocol',
    'RemoteIPType',
    'LocalIPType',
  ],
  ...[
    'InitiatingProcessFolderPath',
    'InitiatingProcessSHA1',
    'InitiatingProcessSHA256',
    'InitiatingProcessAccountName',
  ],
  ...[
    'InitiatingProcessId',
    'InitiatingProcessCommandLine',
    'TenantId',
    'Type',
    'EventLog',
    'EventRecordId',
    'LogName',
  ],
  ...['RecordId', 'TaskDisplayName', 'Channel', 'Activity', 'SourceSystem', 'UserId', '_ResourceId'],
  ...['_raw', '_time', 'sourcetype', 'EventCode', 'ComputerName', '@timestamp', 'RawXml'],
  ...[
    'uid',
    'id.orig_p',
    'id.resp_p',
    'local_orig',
    'local_resp',
    'orig_bytes',
    'resp_bytes',
    'proto',
    'service',
    'duration',
  ],
];
/** Fields of Elastic's schema, as Kibana names the columns of its CSV. */
const ELASTIC = /^(?:winlog|event|host|process|source|destination|network|user)(?:\.\w+)+$/;

const KNOWN = new Map(
  [
    ...TABLES.flatMap((table) => Object.values(table).flatMap((columns) => columns.flatMap(namesOf))),
    ...OTHER_COLUMNS,
  ].map((name) => [name.toLowerCase(), name]),
);

/** Fewer known names can stand in any table. */
const MIN_KNOWN = 3;
/** `TimeGenerated [UTC]` of Microsoft's portals. A local time keeps its zone in the name, so that nobody takes it for UTC. */
const ZONE_UTC = /\s*(?:\[UTC\]|\(UTC\))$/i;
/** The type that a custom table appends (`…_CL`). */
const TYPE_SUFFIX = /(?<=.)_[sdtgb]$/;

/** Columns that show what a row is: without them, a row of a source is of no known format. */
const IDENTIFYING = new Set(['ActionType', PROVIDER, 'EventID', 'ProviderName', 'Id'].map(textOf));

/** Whether a column is missing without which no format knows the rows. */
export function lacksIdentity({ bySource }: MissingColumns): boolean {
  return [...bySource.values()].some((columns) => columns.some((column) => IDENTIFYING.has(column)));
}

/** The header in a row's cells; null where the row is none. */
export function headerOf(cells: readonly string[]): TableHeader | null {
  const columns = canonical(cells);
  const known = new Set(columns.filter(isKnown));
  const isHeader = known.size >= MIN_KNOWN || (known.has('ActionType') && known.has('RemoteIP'));
  return isHeader ? { columns, missing: missingIn(columns) } : null;
}

/**
 * Whether a row among others is a header, where tables were joined: most of its cells are names of columns. A sender can
 * choose the text of a few cells, not of most.
 */
export function isHeaderAmongRows(cells: readonly string[]): boolean {
  const filled = cells.map((cell) => cell.trim()).filter((cell) => cell !== '');
  const known = canonical(filled).filter(isKnown).length;
  return known >= MIN_KNOWN && known * 2 >= filled.length && new Set(filled).size === filled.length;
}

function isKnown(name: string): boolean {
  return KNOWN.has(name.replace(TYPE_SUFFIX, '').toLowerCase()) || ELASTIC.test(name);
}

/** A name in another case becomes the known one, unless the table has that as well. */
function canonical(cells: readonly string[]): readonly string[] {
  const trimmed = cells.map((cell) =>
    cell
      .replace(/^\ufeff/, '')
      .trim()
      .replace(ZONE_UTC, ''),
  );
  const exact = new Set(trimmed);
  return trimmed.map((name) => {
    const known = KNOWN.get(name.toLowerCase());
    return known === undefined || exact.has(known) ? name : known;
  });
}

/** What is missing of the kind of table that the columns fit best. */
function missingIn(columns: readonly string[]): MissingColumns | null {
  const has = new Set(columns.map((name) => name.replace(TYPE_SUFFIX, '')));
  const isThere = (needed: string): boolean => namesOf(needed).some((name) => has.has(name));
  const best = TABLES.map((table) => ({ table, found: found(table).length })).reduce((a, b) =>
    b.found > a.found ? b : a,
  );
  if (best.found < 2) return null;
  const bySource = new Map<Source, readonly string[]>();
  for (const [source, needed] of Object.entries(best.table)) {
    const missing = needed.filter((column) => !isThere(column)).map(textOf);
    if (missing.length > 0) bySource.set(source as Source, missing);
  }
  return bySource.size === 0 ? null : { bySource, found: columns.filter((name) => name !== '') };

  function found(table: Needed): readonly string[] {
    return Object.values(table)[0]?.filter(isThere) ?? [];
  }
}

function namesOf(needed: string): readonly string[] {
  return needed.split('|');
}

function textOf(needed: string): string {
  return namesOf(needed).join(' or ');
}
