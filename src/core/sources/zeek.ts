import { toint } from '../kql/toint.ts';
import { readInstant } from '../records/instant.ts';
import type { Reading, RecordFormat } from '../records/reading.ts';
import { type Facts, MAX_FACT_LENGTH, MAX_NAME_LENGTH } from '../records/report.ts';
import { unmapped } from './address.ts';
import { textOf } from './connection.ts';
import { fault, isObject, type JsonRow } from './row.ts';
import { isStored } from './stored_scope.ts';

/**
 * Zeek's conn.log: one record for each connection (or flow of UDP and ICMP) that a sensor saw, with the two hosts. The
 * device is the host that began it, and there is no process. Every `conn_state` counts: the rule also counts failed
 * connections, and a sensor that sees only one direction marks all connections as incomplete. A connection to a host of the
 * sensor's own networks (`local_resp`) is inbound.
 */
export const zeek: RecordFormat = {
  source: 'zeek',
  // In every record of conn.log, and in no other log of Zeek.
  preFilterToken: 'conn_state',
  mark: /conn_state/,
  read(record) {
    const row = record as JsonRow;
    const device = idOf(row, 'orig_h');
    const remote = idOf(row, 'resp_h');
    if (device === undefined || remote === undefined) return { kind: 'unknown' };
    if (row['conn_state'] === undefined) return { kind: 'skipped' };
    return readFlow(row, device, remote);
  },
};

function readFlow(row: JsonRow, device: unknown, remote: unknown): Reading {
  if (isTrue(row['local_resp'])) return { kind: 'skipped' };
  const Timestamp = readInstant(row['ts'] ?? row['@timestamp']);
  if (Timestamp === null) return fault('bad-time', 'ts');
  const DeviceName = textOf(device)?.toLowerCase();
  if (!DeviceName) return fault('bad-field', 'id.orig_h');
  const address = textOf(remote);
  if (address === null) return fault('bad-field', 'id.resp_h');
  if (address === '') return fault('no-address', 'id.resp_h');
  const RemoteIP = unmapped(address);
  if (DeviceName.length > MAX_NAME_LENGTH) return fault('name-too-long', 'id.orig_h');
  if (RemoteIP.length > MAX_NAME_LENGTH) return fault('name-too-long', 'id.resp_h');
  if (!isStored(RemoteIP)) return { kind: 'excluded' };
  return {
    kind: 'report',
    report: {
      source: 'zeek',
      DeviceName: unmapped(DeviceName),
      InitiatingProcessFileName: '',
      RemoteIP,
      Timestamp,
      count: 1,
      identity: null,
      facts: factsOf(row, DeviceName),
    },
  };
}

/**
 * An attempt without an answer (S0), with a refusal (REJ), or that ended before an answer (RSTOS0, SH). Connections of which
 * only the responder was seen (RSTRH, SHR), or not the beginning (OTH), need not have failed.
 */
const FAILED: ReadonlySet<unknown> = new Set(['S0', 'REJ', 'RSTOS0', 'SH']);

/** Failed connections get the mark that Defender gives them. */
function factsOf(row: JsonRow, device: string): Facts {
  const port = toint(idOf(row, 'resp_p'));
  const proto = textOf(row['proto']);
  const isIcmp = proto === 'icmp';
  return {
    ActionType: FAILED.has(row['conn_state']) ? 'ConnectionFailed' : 'ConnectionSuccess',
    LocalIP: device.slice(0, MAX_FACT_LENGTH),
    ...(proto && { Protocol: proto.slice(0, MAX_FACT_LENGTH) }),
    // For ICMP, the "port" is the code of the message.
    ...(port !== null && port >= 0 && port <= 65_535 && !isIcmp && { RemotePort: port }),
  };
}

/** `id.orig_h` as Zeek writes it, or as pipelines rename it: `id_orig_h`, `{"id":{"orig_h":…}}`. */
function idOf(row: JsonRow, name: string): unknown {
  return row[`id.${name}`] ?? row[`id_${name}`] ?? (isObject(row['id']) ? row['id'][name] : undefined);
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'T' || value === 'true';
}
