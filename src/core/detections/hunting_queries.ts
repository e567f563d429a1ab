import { string_literal } from '../kql/string_literal.ts';
import { HOUR_MS } from '../kql/timespan.ts';
import { addMs, type Timestamp } from '../kql/timestamp.ts';
import { ANY_REMOTE } from './assessments.ts';
import type { Detection } from './detection.ts';

/** The members of a detection that a query uses. */
export type QueriedDetection = Pick<
  Detection,
  'source' | 'DeviceName' | 'InitiatingProcessFileName' | 'RemoteIP' | 'FirstConnection' | 'LastConnection'
>;

/**
 * A KQL query for advanced hunting in Microsoft Defender: the connections of the detection's process to its address, per
 * hour of the series, with ports, names, paths and hashes. Every value is an escaped literal. A process as a whole has no
 * address: its queries list all that it connects to.
 */
export function defenderQuery(detection: QueriedDetection): string {
  if (detection.source === 'zeek') return `${letsOf(detection)}\n${processesOf(detection, 'Timestamp')}\n`;
  return `${letsOf(detection)}\n${networkEvents(detection, 'Timestamp')}\n`;
}

/** The same for Microsoft Sentinel, on the table that holds the telemetry of the detection's source. */
export function sentinelQuery(detection: QueriedDetection): string {
  return `${letsOf(detection)}\n${sentinelTable(detection)}\n`;
}

function sentinelTable(detection: QueriedDetection): string {
  switch (detection.source) {
    case 'defender':
    case 'defender-raw':
      return networkEvents(detection, 'TimeGenerated');
    case 'sysmon':
      return eventsQuery(SYSMON, detection);
    case 'wfp':
      return eventsQuery(WFP, detection);
    case 'zeek':
      return processesOf(detection, 'TimeGenerated');
  }
}

function letsOf({
  DeviceName,
  InitiatingProcessFileName,
  RemoteIP,
  FirstConnection,
  LastConnection,
}: QueriedDetection): string {
  return [
    `let device = ${string_literal(DeviceName)};`,
    `let process = ${string_literal(InitiatingProcessFileName)};`,
    ...(RemoteIP === ANY_REMOTE ? [] : [`let remote = ${string_literal(RemoteIP)};`]),
    `let windowStart = ${datetimeOf(FirstConnection)};`,
    `let windowEnd = ${datetimeOf(addMs(LastConnection, HOUR_MS))};`,
  ].join('\n');
}

/** Keeps digits and separators only, so that a malformed time cannot change the query. */
function datetimeOf(timestamp: Timestamp): string {
  return `datetime(${timestamp.slice(0, 19).replace(/[^0-9T:-]/g, '')}Z)`;
}

function networkEvents(detection: QueriedDetection, time: 'Timestamp' | 'TimeGenerated'): string {
  const { source } = detection;
  const isAggregated = source === 'defender';
  const action = isAggregated ? `\n| where ActionType endswith "AggregatedReport"` : '';
  const raw = source === 'defender-raw' ? `\n| where ActionType !endswith "AggregatedReport"` : '';
  const connections = isAggregated
    ? 'connections = sum(toint(parse_json(AdditionalFields).uniqueEventsAggregated))'
    : 'connections = count()';
  return `DeviceNetworkEvents
| where ${time} >= windowStart and ${time} < windowEnd
| where ${ofGroup(detection)}${action}${raw}
| summarize ${connections}, reports = count(),${remotesOf(detection, 'RemoteIP')}
    ports = make_set(RemotePort, 10), urls = make_set(RemoteUrl, 10), localIPs = make_set(LocalIP, 10),
    paths = make_set(InitiatingProcessFolderPath, 10), sha1 = make_set(InitiatingProcessSHA1, 10),
    sha256 = make_set(InitiatingProcessSHA256, 10), accounts = make_set(InitiatingProcessAccountName, 10)
    by bin(${time}, 1h), ActionType
| sort by ${time} asc`;
}

/**
 * A network sensor does not know the process: the query lists the processes that Defender saw connect from the host's
 * address to the remote address. If the host is not onboarded, it finds nothing.
 */
function processesOf(detection: QueriedDetection, time: 'Timestamp' | 'TimeGenerated'): string {
  return `DeviceNetworkEvents
| where ${time} >= windowStart and ${time} < windowEnd
| where ${ofGroup(detection)}
| summarize events = count(),${remotesOf(detection, 'RemoteIP')} ports = make_set(RemotePort, 10), urls = make_set(RemoteUrl, 10),
    paths = make_set(InitiatingProcessFolderPath, 10), sha1 = make_set(InitiatingProcessSHA1, 10),
    sha256 = make_set(InitiatingProcessSHA256, 10), accounts = make_set(InitiatingProcessAccountName, 10)
    by bin(${time}, 1h), DeviceName, InitiatingProcessFileName
| sort by ${time} asc`;
}

/**
 * Defender's own groups are exact. The names of Windows events were folded to lower case when they were read and a mapped
 * address was read as IPv4 (`readConnection`), so that their query undoes both.
 */
function ofGroup({ source, RemoteIP }: QueriedDetection): string {
  const isAny = RemoteIP === ANY_REMOTE;
  const spelled = isAny ? '' : ` and ${isRemote('RemoteIP')}`;
  switch (source) {
    case 'defender':
    case 'defender-raw':
      return `DeviceName == device and InitiatingProcessFileName == process${isAny ? '' : ' and RemoteIP == remote'}`;
    case 'sysmon':
    case 'wfp':
      return `DeviceName =~ device and ${isProcess('InitiatingProcessFileName')}${spelled}`;
    case 'zeek':
      return `ipv6_is_match(LocalIP, device)${spelled}`;
  }
}

/** The addresses, as a column, where the query does not name the one. */
function remotesOf({ RemoteIP }: QueriedDetection, column: string): string {
  return RemoteIP === ANY_REMOTE ? ` remotes = make_set(${column}, 100),` : '';
}

/** `=~` ignores the case of ASCII only (Kusto documentation, string operators), and files have any names. */
function isProcess(column: string): string {
  return `tolower(${column}) == process`;
}

/** An IPv4 address in each of its spellings, those of a mapped one among them: `::ffff:203.0.113.7`, `::ffff:cb00:7107`. */
function isRemote(column: string): string {
  return `ipv6_is_match(${column}, remote)`;
}

/** A table of Sentinel that holds Windows events, with the column that names their provider. */
interface EventTable {
  readonly name: string;
  readonly provider: string;
  /** The value of one name of EventData, as KQL. */
  readonly value: (name: string) => string;
  /** The same of a value that XML may have had to escape: a path or an account. */
  readonly text: (name: string) => string;
}

const inXml = (name: string) => `extract(@'Name="${name}">([^<]*)<', 1, EventData)`;
const textInXml = (name: string) => `decoded(${inXml(name)})`;
const inObject = (name: string) => `tostring(EventData.${name})`;
const EVENT: EventTable = { name: 'Event', provider: 'Source', value: inXml, text: textInXml };
const SECURITY_EVENT: EventTable = {
  name: 'SecurityEvent',
  provider: 'EventSourceName',
  value: inXml,
  text: textInXml,
};
const WINDOWS_EVENT: EventTable = { name: 'WindowsEvent', provider: 'Provider', value: inObject, text: inObject };

interface EventKind {
  readonly provider: string;
  readonly id: number;
  readonly tables: readonly EventTable[];
  /** The event's own names of what the query calls `image` and `account`. */
  readonly texts: Readonly<Record<string, string>>;
  /** Those of `protocol`, `localPort`, `remoteIP`, `port`, and of what `isOutbound` asks for. */
  readonly values: Readonly<Record<string, string>>;
  /** Whether the device's own process began it, as the reader of the source decides. */
  readonly isOutbound: string;
}

/**
 * The connections of one kind of event that the source's reader counts: outbound, and no answer of a server over UDP
 * (`isUdpReply` of core/sources/connection.ts), by the same ports.
 */
function eventsQuery(kind: EventKind, detection: QueriedDetection): string {
  const { provider, id, tables, texts, values, isOutbound } = kind;
  const each = tables.map(
    (table) => `  (${table.name}
    | where TimeGenerated >= windowStart and TimeGenerated < windowEnd and Computer =~ device
    | where ${table.provider} == "${provider}" and EventID == ${id}
    | extend ${[...columns(texts, table.text), ...columns(values, table.value)].join(',\n        ')})`,
  );
  const accounts = 'account' in texts ? ', accounts = make_set(account, 10)' : '';
  return `let decoded = (xml: string) { ${decodedXml('xml')} };
union isfuzzy=true
${each.join(',\n')}
| extend port = toint(port), localPort = toint(localPort), image = iff(image == "-", "", image)
| where ${isOutbound}
| where ${isProcess(`extract(@'[^\\\\/]*$', 0, image)`)}${detection.RemoteIP === ANY_REMOTE ? '' : ` and ${isRemote('remoteIP')}`}
| where protocol !in~ ("udp", "17") or isnull(localPort) or isnull(port)
    or not((localPort < 1024 and port >= 1024) or (localPort < 49152 and port >= 49152))
| summarize connections = count(),${remotesOf(detection, 'remoteIP')} ports = make_set(port, 10), paths = make_set(image, 10)${accounts}
    by bin(TimeGenerated, 1h), Type
| sort by TimeGenerated asc`;
}

function columns(names: Readonly<Record<string, string>>, toKql: (name: string) => string): string[] {
  return Object.entries(names).map(([column, name]) => `${column} = ${toKql(name)}`);
}

/** The five entities of XML, the ampersand last. */
function decodedXml(column: string): string {
  const entities = [`"&lt;", "<"`, `"&gt;", ">"`, `"&quot;", "\\""`, `"&apos;", "'"`, `"&amp;", "&"`];
  return entities.reduce((inner, entity) => `replace_string(${inner}, ${entity})`, column);
}

/** Sysmon's event 3: the table Event (XML) where an agent collects it, WindowsEvent (dynamic) where it is forwarded. */
const SYSMON: EventKind = {
  provider: 'Microsoft-Windows-Sysmon',
  id: 3,
  tables: [EVENT, WINDOWS_EVENT],
  texts: { image: 'Image', account: 'User' },
  values: {
    initiated: 'Initiated',
    protocol: 'Protocol',
    localPort: 'SourcePort',
    remoteIP: 'DestinationIp',
    port: 'DestinationPort',
  },
  isOutbound: 'initiated =~ "true"',
};

/**
 * The filtering platform's event 5156: Direction outbound (%%14593) at layer Connect (%%14611); where these are words of
 * some language, by the number of the layer.
 */
const WFP: EventKind = {
  provider: 'Microsoft-Windows-Security-Auditing',
  id: 5156,
  tables: [SECURITY_EVENT, WINDOWS_EVENT],
  texts: { image: 'Application' },
  values: {
    direction: 'Direction',
    layer: 'LayerName',
    layerId: 'LayerRTID',
    protocol: 'Protocol',
    localPort: 'SourcePort',
    remoteIP: 'DestAddress',
    port: 'DestPort',
  },
  isOutbound: `iff(direction startswith "%%" and layer startswith "%%",
    direction == "%%14593" and layer == "%%14611", layerId in ("48", "50"))`,
};
