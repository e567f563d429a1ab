import type { Timestamp } from '../kql/timestamp.ts';
import { toint } from '../kql/toint.ts';
import type { Reading } from '../records/reading.ts';
import { type Facts, MAX_FACT_LENGTH, MAX_NAME_LENGTH, type Source } from '../records/report.ts';
import { remembered } from '../text/remembered.ts';
import { unmapped } from './address.ts';
import { fault } from './row.ts';
import { isStored } from './stored_scope.ts';

/** An outbound connection of a Windows event. Values of type unknown come unchecked from the event. */
export interface ConnectionEvent {
  readonly source: Source;
  readonly time: Timestamp | null;
  /** Whether the record has a time, but only as local time without a zone. */
  readonly lacksZone?: boolean;
  readonly computer: unknown;
  /** Path of the process's image in either form: `C:\…\x.exe`, `\device\harddiskvolume2\…\x.exe`. */
  readonly image: unknown;
  readonly user?: unknown;
  readonly processId?: unknown;
  /** `tcp`, `udp`, or the number of the protocol. */
  readonly protocol: unknown;
  readonly localIP: unknown;
  readonly localPort: unknown;
  readonly remoteIP: unknown;
  readonly remotePort: unknown;
  readonly remoteName?: unknown;
  /** The record's names for the fields that a fault can concern. */
  readonly names: { readonly time: string; readonly computer: string };
  /** The event's names for its own fields. */
  readonly fields: { readonly image: 'Image' | 'Application'; readonly remoteIP: string };
}

/**
 * The report of one connection, count 1.
 *
 * Computer and process are in lower case: Windows ignores their case, and its tools write the same one as `WKS-1` and
 * `wks-1`, `C:\…\Updater.exe` and `\device\…\updater.exe`. The process is the file name of the image.
 * An IPv4-mapped address is the IPv4 address. `-` is how Windows writes an empty value.
 */
export function readConnection(connection: ConnectionEvent): Reading {
  const { source, time, names, fields } = connection;
  const computer = textOf(connection.computer);
  const image = textOf(connection.image);
  const address = textOf(connection.remoteIP);
  if (isUdpReply(connection)) return { kind: 'skipped' };
  if (time === null) return fault(connection.lacksZone ? 'no-zone' : 'bad-time', names.time);
  // Without a computer, connections of different computers would share a group.
  if (!computer) return fault('bad-field', names.computer);
  if (image === null) return fault('bad-field', fields.image);
  if (address === null) return fault('bad-field', fields.remoteIP);
  if (address === '') return fault('no-address', fields.remoteIP);
  const RemoteIP = unmapped(address);
  const key = {
    source,
    DeviceName: inLowerCase(computer),
    InitiatingProcessFileName: programOf(image),
    RemoteIP,
  };
  if (key.DeviceName.length > MAX_NAME_LENGTH) return fault('name-too-long', names.computer);
  if (key.InitiatingProcessFileName.length > MAX_NAME_LENGTH) return fault('name-too-long', fields.image);
  if (RemoteIP.length > MAX_NAME_LENGTH) return fault('name-too-long', fields.remoteIP);
  if (!isStored(RemoteIP)) return { kind: 'excluded' };
  const report = { ...key, Timestamp: time, count: 1, identity: null, facts: factsOf(connection) };
  return connection.image === undefined
    ? { kind: 'report', report, lacks: [fields.image] }
    : { kind: 'report', report };
}

const inLowerCase = remembered((text) => text.toLowerCase());

/** The file name of an image, in lower case. */
const programOf = remembered((image) =>
  image.slice(Math.max(image.lastIndexOf('\\'), image.lastIndexOf('/')) + 1).toLowerCase(),
);

/**
 * Whether a UDP event is a server's reply that Windows reports as outbound. UDP has no connections, so Windows guesses the
 * direction: a DNS server's replies can appear as connections to its clients. The ports decide: from below 1024 to 1024
 * and above, or from outside the dynamic range (49152 and above) into it. Clients use the opposite direction. Host names
 * do not count: the owner of an address chooses its name.
 */
function isUdpReply({ protocol, localPort, remotePort }: ConnectionEvent): boolean {
  const transport = textOf(protocol)?.toLowerCase();
  if (transport !== 'udp' && transport !== '17') return false;
  const from = portOf(localPort);
  const to = portOf(remotePort);
  if (from === null || to === null) return false;
  return (from < 1024 && to >= 1024) || (from < 49_152 && to >= 49_152);
}

function factsOf(event: ConnectionEvent): Facts {
  const { image, user, processId, protocol, localIP, remotePort, remoteName } = event;
  const facts: { -readonly [Name in keyof Facts]: Facts[Name] } = {};
  const port = portOf(remotePort);
  const local = textOf(localIP);
  const path = textOf(image);
  const account = textOf(user);
  const url = textOf(remoteName);
  if (port !== null) facts.RemotePort = port;
  if (local) facts.LocalIP = factOf(unmapped(local));
  if (path) facts.InitiatingProcessFolderPath = factOf(path);
  if (account) facts.InitiatingProcessAccountName = factOf(account);
  if (url) facts.RemoteUrl = factOf(url);
  const process = textOf(processId);
  const transport = textOf(protocol)?.toLowerCase();
  if (process) facts.InitiatingProcessId = factOf(process);
  if (transport) facts.Protocol = factOf(PROTOCOLS.get(transport) ?? transport);
  return facts;
}

/** Numbers of protocols (IANA), as event 5156 has them. */
const PROTOCOLS: ReadonlyMap<string, string> = new Map([
  ['1', 'icmp'],
  ['6', 'tcp'],
  ['17', 'udp'],
  ['58', 'icmpv6'],
]);

function factOf(text: string): string {
  return text.slice(0, MAX_FACT_LENGTH);
}

function portOf(value: unknown): number | null {
  const port = toint(value);
  return port !== null && port >= 0 && port <= 65_535 ? port : null;
}

/** Text unchanged, a number as digits; '' for an empty value, null for any other type. */
export function textOf(value: unknown): string | null {
  if (value === undefined || value === null || value === '-') return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? value : null;
}
