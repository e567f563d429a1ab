import { Buffer, isUtf8 } from 'node:buffer';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { readInstant } from '../core/records/instant.ts';
import type { Reading } from '../core/records/reading.ts';
import { readConnection } from '../core/sources/connection.ts';
import { MAX_XML_LENGTH } from '../core/sources/event_data.ts';
import { connectionTimeOf, SYSMON_FIELDS } from '../core/sources/sysmon.ts';
import { withoutReferences } from '../core/sources/windows_xml.ts';
import { remembered } from '../core/text/remembered.ts';
import { type Layout, layoutOf, type Use, type UseOf } from './line_layout.ts';

/** Lines of one export that may have another layout than the lines before, before a layout has served often enough. */
const FREE_TRIES = 16;
/** To learn a layout takes as long as to read some hundred lines with it. */
const LINES_PER_TRY = 1_000;

/**
 * Reads lines with one event of Sysmon without `JSON.parse` and without an XML parser, as Winlogbeat writes it
 * (`winlog.event_data`) and as a data export rule of Log Analytics does (table `Event`, XML in `EventData`). The layout of such a line is
 * learned from the first one, and only values of the same layout are taken from the next ones.
 *
 * Attackers write part of the values. A value with a character that JSON or XML reads as more than itself, an escape beyond the
 * usual ones, another member, another order: every such line is left to the parser. A property test holds both against each other.
 */
export class SysmonLines {
  readonly #known: KnownLayouts;
  #read = 0;
  #tries = 0;

  /** `isBrief`: without the facts that no row of `score` has. */
  constructor(isBrief: boolean) {
    this.#known = isBrief ? BRIEF : WHOLE;
  }

  /** The reading of a line; null for one that is left to the parser, also one with a fault. */
  read(bytes: Buffer): Reading | null {
    if (bytes.length > MAX_XML_LENGTH) return null;
    const line = bytes.toString('latin1');
    let reading = this.#known.read(line);
    if (reading === undefined) reading = this.#learn(line);
    if (reading === null || !isUtf8(bytes)) return null;
    this.#read++;
    return reading;
  }

  #learn(line: string): Reading | null {
    if (this.#tries >= FREE_TRIES + Math.floor(this.#read / LINES_PER_TRY)) return null;
    this.#tries++;
    return this.#known.learn(line);
  }
}

/** Layouts that are kept: of a log with few kinds of events, from computers with few versions of the agent. */
const MOST_LAYOUTS = 8;

/** The layouts that were learned in this process, the last used first. */
class KnownLayouts {
  readonly #uses: readonly UseOf[];
  readonly #layouts: SysmonLayout[] = [];

  constructor(isBrief: boolean) {
    this.#uses = [usesOf(BEAT, isBrief), usesOf(TABLE, isBrief)];
  }

  /** See `SysmonLayout`. */
  read(line: string): Reading | null | undefined {
    for (let place = 0; place < this.#layouts.length; place++) {
      const reading = this.#layouts[place]?.read(line);
      if (reading === undefined) continue;
      if (place > 0) this.#moveToFront(place);
      return reading;
    }
    return undefined;
  }

  learn(line: string): Reading | null {
    for (const useOf of this.#uses) {
      const layout = layoutOf(line, useOf);
      if (layout === null || !isOfSysmon(layout)) continue;
      if (this.#layouts.some((known) => known.source === layout.pattern.source)) return null;
      this.#layouts.unshift(new SysmonLayout(layout));
      if (this.#layouts.length > MOST_LAYOUTS) this.#layouts.pop();
      return this.read(line) ?? null;
    }
    return null;
  }

  #moveToFront(place: number): void {
    this.#layouts.unshift(...this.#layouts.splice(place, 1));
  }
}

/** The values of an event's data that a connection is read from. */
const DATA = [
  ...(['UtcTime', 'Image', 'Protocol', 'Initiated', 'SourcePort', 'DestinationIp', 'DestinationPort'] as const),
  'DestinationHostname',
] as const;
/** Those that are facts which `score` does not need. */
const FACTS = ['User', 'ProcessId', 'SourceIp'] as const;

/** How a product names the members of an event. Members that are not named are refused at the top: they may change what the record is. */
interface Product {
  readonly time: string;
  readonly provider: string;
  readonly eventId: string;
  readonly computer: string;
  readonly data: string;
  readonly uses: Readonly<Record<string, Use>>;
}

/** Pipelines move data into `source`, `destination`, `process`, `network` and `user`. */
const BEAT: Product = {
  time: '@timestamp',
  provider: 'winlog.provider_name',
  eventId: 'winlog.event_id',
  computer: 'winlog.computer_name',
  data: 'winlog.event_data',
  uses: {
    winlog: 'members',
    'winlog.event_data': 'members',
    ...any('@metadata', 'agent', 'cloud', 'ecs', 'event', 'fields', 'host', 'input', 'labels'),
    ...any('log', 'message', 'tags'),
  },
};

/** The table `Event`, without `TimeCreated` and `Provider`, which would come before `TimeGenerated` and `Source`. */
const TABLE: Product = {
  time: 'TimeGenerated',
  provider: 'Source',
  eventId: 'EventID',
  computer: 'Computer',
  data: 'EventData',
  uses: {
    Type: 'fixed',
    EventData: 'xml',
    ...any('AzureDeploymentID', 'EventCategory', 'EventLevel', 'EventLevelName', 'EventLog', 'ManagementGroupName'),
    ...any('Message', 'MG', 'ParameterXml', 'RenderedDescription', 'Role', 'SourceSystem', 'TenantId', 'UserName'),
    ...any('_BilledSize', '_IsBillable', '_ResourceId', '_SubscriptionId'),
  },
};

function any(...names: readonly string[]): Record<string, Use> {
  return Object.fromEntries(names.map((name) => [name, 'any']));
}

function usesOf(product: Product, isBrief: boolean): UseOf {
  const { time, provider, eventId, computer, data } = product;
  const captured = [...DATA, ...(isBrief ? [] : FACTS)].map((name) => `${data}.${name}`);
  const uses = new Map<string, Use>([
    ...Object.entries(product.uses),
    ...[provider, eventId].map((path): [string, Use] => [path, 'fixed']),
    ...[time, computer, ...captured].map((path): [string, Use] => [path, 'captured']),
  ]);
  return (path) => uses.get(path) ?? (path.includes('.') ? 'any' : 'refused');
}

function isOfSysmon({ fixed }: Layout): boolean {
  const provider = fixed.get(BEAT.provider) ?? fixed.get(TABLE.provider);
  const id = eventIdOf(fixed);
  const type = fixed.get('Type');
  return provider === '"Microsoft-Windows-Sysmon"' && id !== '' && (type === undefined || type === '"Event"');
}

/** The number of the event, from 1 to 65535; '' where it is none. */
function eventIdOf(fixed: ReadonlyMap<string, string>): string {
  const value = fixed.get(BEAT.eventId) ?? fixed.get(TABLE.eventId) ?? '';
  return /^("?)([1-9]\d{0,4})\1$/.exec(value)?.[2] ?? '';
}

const NETWORK_CONNECTION = '3';
const SKIPPED: Reading = { kind: 'skipped' };
/** For faults, which are left to the parser. */
const NO_NAMES = { time: '', computer: '' };

/** The group of each value in a pattern; 0 for one that the event does not have. */
type Groups = Readonly<Record<'time' | 'computer' | (typeof DATA)[number] | (typeof FACTS)[number], number>>;

function groupsOf(captured: readonly string[]): Groups {
  const product = captured.some((path) => path === BEAT.time || path.startsWith(BEAT.data)) ? BEAT : TABLE;
  const groupOf = (path: string) => captured.indexOf(path) + 1;
  return {
    time: groupOf(product.time),
    computer: groupOf(product.computer),
    ...(Object.fromEntries([...DATA, ...FACTS].map((name) => [name, groupOf(`${product.data}.${name}`)])) as Record<
      (typeof DATA)[number] | (typeof FACTS)[number],
      number
    >),
  };
}

/** The layout of one kind of event. */
class SysmonLayout {
  readonly #pattern: RegExp;
  readonly #isConnection: boolean;
  readonly #groups: Groups;
  /** Decodes a value of the event's data. */
  readonly #decode: (text: string) => string;

  constructor({ pattern, captured, fixed }: Layout) {
    this.#pattern = pattern;
    this.#isConnection = eventIdOf(fixed) === NETWORK_CONNECTION;
    this.#groups = groupsOf(captured);
    this.#decode = fixed.has(TABLE.provider) ? textOfXml : textOfJson;
  }

  get source(): string {
    return this.#pattern.source;
  }

  /** The reading of a line; undefined for one of another layout, null for one that is left to the parser. */
  read(line: string): Reading | null | undefined {
    if (!this.#isConnection) return this.#pattern.test(line) ? SKIPPED : undefined;
    const found = this.#pattern.exec(line);
    return found === null ? undefined : this.#connectionOf(found);
  }

  #connectionOf(found: readonly string[]): Reading | null {
    const groups = this.#groups;
    const initiated = found[groups.Initiated];
    if (initiated === 'false') return SKIPPED;
    if (initiated !== 'true') return null;
    const [logged, utcTime] = [timeAt(found, groups.time), timeAt(found, groups.UtcTime)];
    if (logged === undefined || utcTime === undefined) return null;
    const decode = this.#decode;
    // Of TCP the local port is not read.
    const localPort = found[groups.Protocol] === 'tcp' ? 0 : groups.SourcePort;
    const reading = readConnection({
      source: 'sysmon',
      time: connectionTimeOf(logged, utcTime),
      computer: valueAt(found, groups.computer, textOfJson),
      image: valueAt(found, groups.Image, decode),
      user: valueAt(found, groups.User, decode),
      processId: valueAt(found, groups.ProcessId, decode),
      protocol: valueAt(found, groups.Protocol, decode),
      localIP: valueAt(found, groups.SourceIp, decode),
      localPort: valueAt(found, localPort, decode),
      remoteIP: valueAt(found, groups.DestinationIp, decode),
      remotePort: valueAt(found, groups.DestinationPort, decode),
      remoteName: valueAt(found, groups.DestinationHostname, decode),
      names: NO_NAMES,
      fields: SYSMON_FIELDS,
    });
    return reading.kind === 'fault' ? null : reading;
  }
}

/** No character of a text that has to be decoded. */
const PLAIN_TIME = /^[-+:.,TZ \d]*$/;

/** A time, null where the event has none; undefined for one that is left to the parser. */
function timeAt(found: readonly string[], group: number): Timestamp | null | undefined {
  if (group === 0) return null;
  const text = found[group] as string;
  return PLAIN_TIME.test(text) ? readInstant(text) : undefined;
}

function valueAt(found: readonly string[], group: number, decode: (text: string) => string): string | undefined {
  return group === 0 ? undefined : decode(found[group] as string);
}

/** Names, paths and addresses repeat. A text that is remembered does not keep its line in memory, as one that is cut out does. */
const textOfJson = remembered(decodedJson);
const textOfXml = remembered((text) => withoutReferences(decodedJson(text)) ?? '');

/** The text of a value, of which the pattern has every byte as a character. */
function decodedJson(value: string): string {
  const text = BEYOND_ASCII.test(value) ? Buffer.from(value, 'latin1').toString('utf8') : value;
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
}

const BEYOND_ASCII = /[\x80-\xff]/;

/** The layouts of this process: the exports of a product have the same ones. */
const BRIEF = new KnownLayouts(true);
const WHOLE = new KnownLayouts(false);
