import { isIP } from 'node:net';
import { type Detection, FIRST_REVISION, type Severity } from '../../core/detections/detection.ts';
import { matchReasonOf } from '../../core/detections/match_reason.ts';
import { messageOf } from '../../core/detections/message.ts';
import { msOf } from '../../core/kql/timestamp.ts';
import type { Notification } from '../sink.ts';
import { DETAILS, type Detail, detectionData } from './data.ts';
import { fitted, jsonText, utf8BytesOf } from './escape.ts';
import type { Links } from './links.ts';
import type { SinkRequest } from './request.ts';
import type { SinkOf } from './settings.ts';

/** Our own limit: no receiver names one. */
export const OCSF_BYTES = 64_000;

/** A Detection Finding of the Open Cybersecurity Schema Framework (class 2004), as JSON. https://schema.ocsf.io */
export function ocsfRequest(notification: Notification, sink: SinkOf<'ocsf'>, links: Links): SinkRequest {
  // This format has no digest.
  const [detection] = notification.detections as readonly [Detection];
  const body = fitted(
    DETAILS,
    (detail) => jsonText(findingOf(detection, notification.id, links, detail)),
    (text) => utf8BytesOf(text) <= OCSF_BYTES,
  );
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    ...(sink.token !== undefined && { authorization: `Bearer ${sink.token}` }),
  };
  return { url: sink.url, body, headers };
}

const CLASS_UID = 2004;
const SEVERITY_IDS: Readonly<Record<Severity, number>> = { low: 2, medium: 3, high: 4 };
const SEVERITIES: Readonly<Record<Severity, string>> = { low: 'Low', medium: 'Medium', high: 'High' };

/** Create, Update, Close. */
function activityOf({ state, revision }: Detection): number {
  if (state === 'resolved') return 3;
  return revision > FIRST_REVISION ? 2 : 1;
}

function findingOf(detection: Detection, notificationId: string, links: Links, detail: Detail): object {
  const data = detectionData(detection, links, detail);
  const activity_id = activityOf(detection);
  const { headline, commands } = messageOf(detection);
  const [link] = data.links;
  return {
    activity_id,
    category_uid: 2,
    class_uid: CLASS_UID,
    type_uid: CLASS_UID * 100 + activity_id,
    severity_id: SEVERITY_IDS[detection.severity],
    severity: SEVERITIES[detection.severity],
    status_id: detection.state === 'resolved' ? 4 : 1,
    is_alert: true,
    time: msOf(detection.asOf),
    start_time: msOf(detection.FirstConnection),
    end_time: msOf(detection.LastConnection),
    message: headline,
    metadata: {
      version: '1.5.0',
      product: { name: 'Beaconwatch', vendor_name: 'Beaconwatch' },
      // The same for each try to send one revision.
      uid: notificationId,
    },
    finding_info: {
      // One finding for each episode; its revisions update it.
      uid: `${detection.groupId}|${detection.episode}`,
      title: headline,
      desc: matchReasonOf(detection),
      created_time: msOf(detection.episode),
      modified_time: msOf(detection.asOf),
      first_seen_time: msOf(detection.FirstConnection),
      last_seen_time: msOf(detection.LastConnection),
      analytic: analyticOf(detection),
      attacks: [attackOf(detection)],
      data_sources: [detection.source],
      ...(link !== undefined && { src_url: link.url }),
    },
    evidences: [evidenceOf(data)],
    observables: observablesOf(data),
    ...(detail.queries && { remediation: { desc: `To suppress a known, benign beacon: ${commands.suppress}` } }),
    unmapped: data,
  };
}

/** The first detector that matched: a finding has one analytic. `unmapped` has the assessment of each. */
function analyticOf({ assessments }: Detection): object {
  if (assessments['kql-rule'] !== null)
    return { name: 'Suspicious Network Beacons', uid: 'kql-rule', type_id: 1, type: 'Rule' };
  return { name: 'Regular Connections', uid: 'regularity', type_id: 3, type: 'Statistical' };
}

type Data = ReturnType<typeof detectionData>;

function attackOf({ technique }: Detection): object {
  const tactic = { uid: 'TA0011', name: 'Command and Control' };
  if (technique === null) return { tactic };
  return { tactic, technique: { uid: technique.id, ...(technique.name !== '' && { name: technique.name }) } };
}

function evidenceOf({ DeviceName, InitiatingProcessFileName, RemoteIP, traffic, owner }: Data): object {
  const [port] = traffic.ports;
  const [localIP] = traffic.localIPs;
  const [path] = traffic.folderPaths;
  const [url] = traffic.urls;
  const [deviceId] = traffic.deviceIds;
  const user = userOf(traffic);
  const file = {
    name: InitiatingProcessFileName,
    type_id: 1,
    ...(path !== undefined && { path }),
    ...fingerprintsOf(traffic),
    ...fileVersionOf(traffic),
  };
  return {
    device: { hostname: DeviceName, type_id: 0, ...(deviceId !== undefined && { uid: deviceId }) },
    file,
    ...processOf(InitiatingProcessFileName, traffic),
    dst_endpoint: { ...endpointOf(RemoteIP), ...ownerOf(owner), ...(port !== undefined && { port: port.port }) },
    ...(localIP !== undefined && { src_endpoint: { ...endpointOf(localIP), hostname: DeviceName } }),
    ...(user !== null && { user }),
    ...(url !== undefined && { url: { url_string: url } }),
  };
}

/** OCSF requires an id of a process. Telemetry without one has the file alone. */
function processOf(
  name: string,
  { processIds: [id], commandLines: [commandLine], parents, ...traffic }: Data['traffic'],
) {
  const pid = Number(id);
  if (!Number.isSafeInteger(pid)) return {};
  const [integrity] = traffic.integrityLevels;
  const process = {
    pid,
    name,
    ...(commandLine !== undefined && { cmd_line: commandLine }),
    ...(parents.length > 0 && { lineage: parents.slice(0, 1) }),
    ...(integrity !== undefined && { integrity }),
  };
  return { process };
}

/** null where no name is known: a user needs one. */
function userOf({ accounts: [name], domains: [domain], upns: [upn] }: Data['traffic']): object | null {
  if (name === undefined && upn === undefined) return null;
  return {
    name: name ?? upn,
    ...(domain !== undefined && { domain }),
    ...(upn !== undefined && { uid_alt: upn }),
  };
}

function fileVersionOf({ companies: [company], versions: [version] }: Data['traffic']): object {
  return { ...(company !== undefined && { company_name: company }), ...(version !== undefined && { version }) };
}

/** The newest of each kind that the telemetry has: Defender's has SHA-1, mostly. */
function fingerprintsOf({ sha1: [sha1], sha256: [sha256] }: Data['traffic']): object {
  const hashes = [
    ...(sha1 === undefined ? [] : [{ algorithm_id: 2, algorithm: 'SHA-1', value: sha1 }]),
    ...(sha256 === undefined ? [] : [{ algorithm_id: 3, algorithm: 'SHA-256', value: sha256 }]),
  ];
  return hashes.length === 0 ? {} : { hashes };
}

function ownerOf(owner: Data['owner']): object {
  if (owner === null) return {};
  const { asn, organisation, country } = owner;
  return {
    ...(asn !== null && { autonomous_system: { number: asn, ...(organisation !== '' && { name: organisation }) } }),
    ...(country !== '' && { location: { country } }),
  };
}

/** An endpoint by its address; text that is no address is its name, since the class refuses it as an address. */
function endpointOf(text: string): object {
  return isIP(text) > 0 ? { ip: text } : { name: text };
}

function observablesOf({ DeviceName, InitiatingProcessFileName, RemoteIP }: Data): object[] {
  return [
    { name: 'evidences[0].device.hostname', type_id: 1, type: 'Hostname', value: DeviceName },
    { name: 'evidences[0].dst_endpoint.ip', type_id: 2, type: 'IP Address', value: RemoteIP },
    { name: 'evidences[0].file.name', type_id: 7, type: 'File Name', value: InitiatingProcessFileName },
  ];
}
