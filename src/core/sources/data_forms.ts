import { parse_json } from '../kql/parse_json.ts';
import type { ReadFault } from '../records/reading.ts';
import { eventDataOf, paramsOf } from './event_data.ts';
import { messageData, namedData } from './named_data.ts';
import { isObject, type JsonRow } from './row.ts';

/**
 * The data of an event, from the first of these values that has data. Each value may have any form that tools write: an
 * object with the names, the list of the values, `{"Data": [{"Name": …, "#text": …}]}` as XML converters write it, XML,
 * JSON as text, or the message. `bad-field` if none has data.
 */
export function dataIn(eventId: number, ...values: readonly unknown[]): JsonRow | ReadFault {
  for (const value of values) {
    const data = dataOf(eventId, value);
    if (data !== null) return data;
  }
  return 'bad-field';
}

function dataOf(eventId: number, value: unknown): JsonRow | ReadFault | null {
  if (typeof value === 'string') return ofText(eventId, value);
  if (Array.isArray(value)) return namedList(value) ?? namedData(eventId, value);
  if (!isObject(value) || Object.keys(value).length === 0) return null;
  const { Data } = value;
  if (Data === undefined) return value;
  const list = isObject(Data) && Array.isArray(Data['#text']) ? Data['#text'] : Data;
  return Array.isArray(list) ? dataOf(eventId, list) : value;
}

function ofText(eventId: number, text: string): JsonRow | ReadFault | null {
  const start = text.trimStart();
  if (start.startsWith('<Param>')) {
    const values = paramsOf(start);
    return typeof values === 'string' ? values : namedData(eventId, values);
  }
  if (start.startsWith('<')) {
    const data = eventDataOf(start);
    return typeof data === 'string' || Object.keys(data).length > 0 ? data : null;
  }
  if (!/^[{[]/.test(start)) return messageData(eventId, text);
  const parsed = parse_json(start);
  return typeof parsed === 'string' ? null : dataOf(eventId, parsed);
}

/** `[{"Name": "Image", "#text": "C:\…"}]`, in every spelling that converters use for an attribute and for the text. */
function namedList(list: readonly unknown[]): JsonRow | null {
  const data = new Map<string, unknown>();
  for (const item of list) {
    if (!isObject(item)) return null;
    const name = item['Name'] ?? item['@Name'] ?? of(item['#attributes'], 'Name') ?? of(item['$'], 'Name');
    // A repeated name is ambiguous.
    if (typeof name !== 'string' || data.has(name)) return null;
    data.set(name, item['#text'] ?? item['_'] ?? item['Value'] ?? item['$t'] ?? item['content'] ?? '');
  }
  return data.size === 0 ? null : Object.fromEntries(data);
}

function of(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}
