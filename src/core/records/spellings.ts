type Row = Readonly<Record<string, unknown>>;

/**
 * The record with the names of its product, if the transport renamed them; null if it did not.
 */
export type Spelling = (record: Row) => Row | null;

/** A custom table of Log Analytics (`…_CL`): each column's name ends with its type, as `RemoteIP_s`, `EventID_d`. */
export const unsuffixed: Spelling = (record) => {
  const columns = Object.entries(record);
  if (!columns.some(([name]) => SUFFIX.test(name))) return null;
  return Object.fromEntries(columns.map(([name, value]) => [name.replace(SUFFIX, ''), value]));
};

const SUFFIX = /(?<=.)_[sdtgb]$/;

/**
 * Names with points, as `winlog.event_data.Image`, of Elasticsearch's fields and Kibana's CSV. A list of one value becomes
 * that value: Elasticsearch writes each of its `fields` so. If a name has both a value and members, the value wins.
 */
export const nested: Spelling = (record) => {
  const entries = Object.entries(record);
  if (!entries.some(([name]) => name.includes('.'))) return null;
  const root: Node = new Map();
  for (const [name, value] of entries) put(root, name.split('.'), value);
  return rowOf(root);
};

type Node = Map<string, unknown>;
/** No known name has more parts. */
const MAX_PARTS = 8;

function put(root: Node, parts: readonly string[], value: unknown): void {
  let node = root;
  for (const part of parts.slice(0, Math.min(parts.length, MAX_PARTS) - 1)) {
    const found = node.get(part) ?? new Map();
    if (!(found instanceof Map)) return;
    node.set(part, found);
    node = found;
  }
  const last = parts.slice(Math.min(parts.length, MAX_PARTS) - 1).join('.');
  if (!node.has(last)) node.set(last, Array.isArray(value) && value.length === 1 ? value[0] : value);
}

function rowOf(node: Node): Row {
  return Object.fromEntries([...node].map(([name, value]) => [name, value instanceof Map ? rowOf(value) : value]));
}

/**
 * Graylog: the fields of winlogbeat with the prefix of its input, and `_` for every point: `winlogbeat_winlog_event_data_Image`,
 * for winlogbeat 6 `winlogbeat_event_data_Image`. The time of the message is that of the event.
 */
export const ofGraylogBeats: Spelling = (record) => {
  const event_data: [string, unknown][] = [];
  const fields: [string, unknown][] = [];
  for (const [name, value] of Object.entries(record)) {
    const [, isData, rest = ''] = /^(?:winlogbeat|filebeat|beats)_(?:winlog_)?(event_data_)?(.+)$/.exec(name) ?? [];
    if (rest !== '') (isData === undefined ? fields : event_data).push([rest, value]);
  }
  if (event_data.length === 0) return null;
  const beat = Object.fromEntries(fields);
  return {
    ...beat,
    '@timestamp': beat['@timestamp'] ?? record['timestamp'],
    event_data: Object.fromEntries(event_data),
  };
};

/** GELF: `_` before each name that is not GELF's own; `host` is the computer, `timestamp` the event's time in seconds. */
export const ofGelf: Spelling = (record) => {
  const { host, timestamp } = record;
  if (typeof record['short_message'] !== 'string' || host === undefined) return null;
  const own = Object.entries(record).filter(([name]) => name.startsWith('_'));
  return { ...Object.fromEntries(own.map(([name, value]) => [name.slice(1), value])), Hostname: host, timestamp };
};

export const SPELLINGS: readonly Spelling[] = [unsuffixed, nested, ofGraylogBeats, ofGelf];
