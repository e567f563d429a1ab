import { string_literal } from '../kql/string_literal.ts';
import { HOUR_MS } from '../kql/timespan.ts';
import { addMs, type Timestamp } from '../kql/timestamp.ts';
import type { Detection } from './detection.ts';

/** The members of a detection that a query uses. */
export type QueriedDetection = Pick<
  Detection,
  'source' | 'DeviceName' | 'InitiatingProcessFileName' | 'RemoteIP' | 'FirstConnection' | 'LastConnection'
>;

/**
 * A KQL query for advanced hunting in Microsoft Defender: the connections of the detection's process to its address, per
 * hour of the series, with ports, names, paths and hashes. Every value is an escaped literal.
 */
export function defenderQuery(detection: QueriedDetection): string {
  if (detection.source === 'zeek') return `${letsOf(detection)}\n${processesOf('Timestamp')}\n`;
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
      return SYSMON;
    case 'wfp':
      return WFP;
    case 'zeek':
      return processesOf('TimeGenerated');
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
    `let remote = ${string_literal(RemoteIP)};`,
    `let windowStart = ${datetimeOf(FirstConnection)};`,
    `let windowEnd = ${datetimeOf(addMs(LastConnection, HOUR_MS))};`,
  ].join('\n');
}

/** Keeps digits and separators only, so that a malformed time cannot change the query. */
function datetimeOf(timestamp: Timestamp): string {
  return `datetime(${timestamp.slice(0, 19).replace(/[^0-9T:-]/g, '')}Z)`;
}

function networkEvents({ source }: QueriedDetection, time: 'Timestamp' | 'TimeGenerated'): string {
  const isAggregated = source === 'defender';
  const action = isAggregated ? `\n| where ActionType endswith "AggregatedReport"` : '';
  const raw = source === 'defender-raw' ? `\n| where ActionType !endswith "AggregatedReport"` : '';
  const connections = isAggregated
    ? 'connections = sum(toint(parse_json(AdditionalFields).uniqueEventsAggregated))'
    : 'connections = count()';
  return `DeviceNetworkEvents
| where ${time} >= windowStart and ${time} < windowEnd
| where DeviceName == device and InitiatingProcessFileName == process and RemoteIP == remote${action}${raw}
| summarize ${connections}, reports = count(),
    ports = make_set(RemotePort, 10), urls = make_set(RemoteUrl, 10), localIPs = make_set(LocalIP, 10),
    paths = make_set(InitiatingProcessFolderPath, 10), sha256 = make_set(InitiatingProcessSHA256, 10),
    accounts = make_set(InitiatingProcessAccountName, 10)
    by bin(${time}, 1h), ActionType
| sort by ${time} asc`;
}

/**
 * A network sensor does not know the process: the query lists the processes that Defender saw connect from the host's
 * address to the remote address. If the host is not onboarded, it finds nothing.
 */
function processesOf(time: 'Timestamp' | 'TimeGenerated'): string {
  return `DeviceNetworkEvents
| where ${time} >= windowStart and ${time} < windowEnd
| where LocalIP == device and RemoteIP == remote
| summarize events = count(), ports = make_set(RemotePort, 10), urls = make_set(RemoteUrl, 10),
    paths = make_set(InitiatingProcessFolderPath, 10), sha256 = make_set(InitiatingProcessSHA256, 10),
    accounts = make_set(InitiatingProcessAccountName, 10)
    by bin(${time}, 1h), DeviceName, InitiatingProcessFileName
| sort by ${time} asc`;
}

/** The value of one `<Data Name="…">` of an event's XML. */
function dataOf(name: string): string {
  return `replace_string(extract(@'<Data Name="${name}">([^<]*)</Data>', 1, EventData), "&amp;", "&")`;
}

const BY_HOUR = `| summarize connections = count(), ports = make_set(port, 10), paths = make_set(image, 10), accounts = make_set(account, 10)
    by bin(TimeGenerated, 1h), Type
| sort by TimeGenerated asc`;

/** Sysmon's event 3: the table Event (XML) where an agent collects it, WindowsEvent (dynamic) where it is forwarded. */
const SYSMON = `union isfuzzy=true
  (Event
    | where TimeGenerated >= windowStart and TimeGenerated < windowEnd and Computer == device
    | where Source == "Microsoft-Windows-Sysmon" and EventID == 3 and EventData has remote
    | extend remoteIP = ${dataOf('DestinationIp')}, image = ${dataOf('Image')},
        port = ${dataOf('DestinationPort')}, account = ${dataOf('User')}),
  (WindowsEvent
    | where TimeGenerated >= windowStart and TimeGenerated < windowEnd and Computer == device
    | where Provider == "Microsoft-Windows-Sysmon" and EventID == 3
    | extend remoteIP = tostring(EventData.DestinationIp), image = tostring(EventData.Image),
        port = tostring(EventData.DestinationPort), account = tostring(EventData.User))
| where remoteIP == remote and tostring(split(image, "\\\\")[-1]) == process
${BY_HOUR}`;

/** The filtering platform's event 5156, outbound (%%14593). */
const WFP = `union isfuzzy=true
  (SecurityEvent
    | where TimeGenerated >= windowStart and TimeGenerated < windowEnd and Computer == device
    | where EventID == 5156 and EventData has remote and EventData has "%%14593"
    | extend remoteIP = ${dataOf('DestAddress')}, image = ${dataOf('Application')},
        port = ${dataOf('DestPort')}, account = ""),
  (WindowsEvent
    | where TimeGenerated >= windowStart and TimeGenerated < windowEnd and Computer == device
    | where Channel == "Security" and EventID == 5156 and tostring(EventData.Direction) == "%%14593"
    | extend remoteIP = tostring(EventData.DestAddress), image = tostring(EventData.Application),
        port = tostring(EventData.DestPort), account = "")
| where remoteIP == remote and tostring(split(image, "\\\\")[-1]) == process
${BY_HOUR}`;
