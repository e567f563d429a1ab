import { gunzipSync } from 'node:zlib';
import ipaddr from 'ipaddr.js';
import { msOf } from '../../../src/core/kql/timestamp.ts';
import { publicAddressOf } from '../../../src/core/regularity/public_address.ts';
import { HOUR_SECONDS } from '../../../src/core/regularity/time_bin.ts';
import { zeek } from '../../../src/core/sources/zeek.ts';
import type { Capture } from './capture.ts';

/** One connection of a capture. */
export interface CapturedConnection {
  readonly DeviceName: string;
  readonly process: string;
  readonly RemoteIP: string;
  /** Seconds since 1970. */
  readonly time: number;
  readonly bytes: number;
}

/** What a capture holds after the conversion to hourly reports. */
export interface Converted {
  readonly connections: readonly CapturedConnection[];
  readonly rows: number;
  readonly groups: number;
  readonly reports: number;
}

/** The rows of a Zeek table: by column, of those that are set. */
function* zeekRows(text: string): Generator<Record<string, string>> {
  let fields: readonly string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('#fields')) fields = cellsOf(line).slice(1);
    if (line === '' || line.startsWith('#')) continue;
    const cells = cellsOf(line);
    const row: Record<string, string> = {};
    for (const [index, field] of fields.entries()) {
      const cell = cells[index];
      if (cell !== undefined && cell !== '' && cell !== '-' && cell !== '(empty)') row[field] = cell;
    }
    yield row;
  }
}

/** Some labelled files join their last columns by three blanks instead of tabs. */
function cellsOf(line: string): string[] {
  const cells = line.replace(/\r$/, '').split('\t');
  return [...cells.slice(0, -1), ...(cells.at(-1) ?? '').split(/ {3,}/)];
}

/**
 * The connections of a capture, as the product's source `zeek` reads them. That source reads conn.log only, so the rows of an
 * http.log count as one connection each, with the web host in the place of the process.
 */
export function convert({ convert: how, log, compression }: Capture, bytes: Buffer): Converted {
  const text = (compression === 'gzip' ? gunzipSync(bytes) : bytes).toString('utf8');
  const connections: CapturedConnection[] = [];
  const groups = new Set<string>();
  const reports = new Set<string>();
  let rows = 0;
  for (const row of zeekRows(text)) {
    const device = row['id.orig_h'] ?? '';
    if (how.keep_sources !== null && !how.keep_sources.some((network) => isWithinNetwork(device, network))) continue;
    rows++;
    const process = how.process_column === null ? '' : (row[how.process_column] ?? '');
    const group = JSON.stringify([device, process, row['id.resp_h']]);
    groups.add(group);
    reports.add(`${group}${Math.floor(Number(row['ts']) / HOUR_SECONDS)}`);
    const reading = zeek.read(log === 'conn' ? row : { ...row, conn_state: 'SF' });
    if (reading.kind !== 'report' || publicAddressOf(reading.report.RemoteIP) === null) continue;
    const { DeviceName, RemoteIP, Timestamp } = reading.report;
    const bytesSent = Number(row['orig_ip_bytes'] ?? row['orig_bytes'] ?? row['request_body_len'] ?? 0);
    connections.push({ DeviceName, process, RemoteIP, time: msOf(Timestamp) / 1000, bytes: bytesSent });
  }
  connections.sort((a, b) => a.time - b.time);
  return { connections, rows, groups: groups.size, reports: reports.size };
}

function isWithinNetwork(address: string, network: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const [range, bits] = ipaddr.parseCIDR(network);
  const parsed = ipaddr.parse(address);
  return parsed.kind() === range.kind() && parsed.match(range, bits);
}
