import { Buffer } from 'node:buffer';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { readInstant } from '../core/records/instant.ts';
import type { Reading } from '../core/records/reading.ts';
import { readConnection } from '../core/sources/connection.ts';
import { connectionTimeOf, SYSMON_FIELDS } from '../core/sources/sysmon.ts';
import { withoutReferences } from '../core/sources/windows_xml.ts';
import { remembered } from '../core/text/remembered.ts';
import type { Layout } from './line_layout.ts';
import { eventNumberOf, type Groups, groupsOf, isXml } from './sysmon_products.ts';

const NETWORK_CONNECTION = '3';
const SKIPPED: Reading = { kind: 'skipped' };
/** For faults, which are left to the parser. */
const NO_NAMES = { time: '', computer: '' };

/** The layout of one kind of event. */
export class SysmonLayout {
  readonly #pattern: RegExp;
  readonly #isConnection: boolean;
  readonly #groups: Groups;
  /** Decodes a value of the event's data. */
  readonly #decode: (text: string) => string;

  constructor(layout: Layout) {
    const { pattern, captured, fixed } = layout;
    this.#pattern = pattern;
    this.#isConnection = eventNumberOf(fixed) === NETWORK_CONNECTION;
    this.#groups = groupsOf(captured);
    this.#decode = isXml(layout) ? textOfXml : textOfJson;
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
