import { XmlElement } from '@rgrove/parse-xml';
import { readInstant } from '../records/instant.ts';
import type { ReadFault } from '../records/reading.ts';
import { dataOf, MAX_XML_LENGTH, rootOf } from './event_data.ts';
import { namedData } from './named_data.ts';
import type { JsonRow } from './row.ts';
import { type EventNames, eventIdOf, type WindowsEvent } from './windows_event.ts';
import { windowsEventXml } from './windows_xml.ts';

const PROVIDER = /<Provider\s[^>]*?\bName\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/;
const EVENT_ID = /<EventID(?:\s[^>]*)?>\s*(\d+)\s*</;

/**
 * A Windows event in XML, as the log itself renders it (`Get-WinEvent`'s ToXml, wevtutil, Splunk's XmlWinEventLog,
 * Azure Diagnostics' RawXml), or as Sysmon for Linux writes it. Provider and event ID are searched in the text; the XML is
 * parsed only if the caller reads another member.
 */
export function xmlEventOf(record: JsonRow): WindowsEvent | null {
  const xml = record['xml'] ?? record['RawXml'];
  if (typeof xml !== 'string') return null;
  const provider = PROVIDER.exec(xml);
  const eventId = EVENT_ID.exec(xml);
  if (!provider || !eventId) return null;
  const id = eventIdOf(eventId[1]);
  let whole: Whole | null = null;
  const parsed = (): Whole => {
    whole ??= wholeOf(xml, id);
    return whole;
  };
  return {
    provider: provider[1] ?? provider[2] ?? '',
    eventId: id,
    get computer() {
      return parsed().computer;
    },
    get logged() {
      return readInstant(parsed().systemTime);
    },
    received: null,
    names: NAMES,
    data: () => parsed().data,
  };
}

const NAMES: EventNames = { computer: 'Computer', time: 'TimeCreated', data: 'EventData' };

interface Whole {
  readonly computer: string | undefined;
  readonly systemTime: string | undefined;
  readonly data: JsonRow | ReadFault;
}

function wholeOf(xml: string, eventId: number): Whole {
  return (xml.length > MAX_XML_LENGTH ? null : windowsEventXml(xml)) ?? parsedEventOf(xml, eventId);
}

/** The same by the XML parser alone. */
export function parsedEventOf(xml: string, eventId: number): Whole {
  const root = rootOf(xml);
  if (root?.name !== 'Event') return { computer: undefined, systemTime: undefined, data: 'bad-xml' };
  const system = childOf(root, 'System');
  return {
    computer: system && childOf(system, 'Computer')?.text.trim(),
    systemTime: system && childOf(system, 'TimeCreated')?.attributes['SystemTime'],
    data: namedOrListed(root, eventId),
  };
}

/** Values without names are in the order of the manifest. */
function namedOrListed(root: XmlElement, eventId: number): JsonRow | ReadFault {
  const data = dataOf(root);
  if (typeof data === 'string' || Object.keys(data).length > 0) return data;
  const values = childOf(root, 'EventData')?.children.filter((child) => child instanceof XmlElement) ?? [];
  return (
    namedData(
      eventId,
      values.map(({ text }) => text),
    ) ?? 'bad-field'
  );
}

function childOf(parent: XmlElement, name: string): XmlElement | undefined {
  return parent.children.find((child): child is XmlElement => child instanceof XmlElement && child.name === name);
}
