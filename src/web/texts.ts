import type { Timestamp } from '../core/kql/timestamp.ts';
import { groupedText } from '../core/text/numbers.ts';
import { type Html, html } from './html.ts';
import type { PageDetection } from './page_data.ts';

/** `11-29 07:00` of a page that names the year elsewhere. */
export function shortTime(timestamp: string): string {
  return `${timestamp.slice(5, 10)} ${timestamp.slice(11, 16)}`;
}

/** An instant in UTC, to the minute; the script adds the local time on hover. */
export function timeMarkup(timestamp: Timestamp): Html {
  const iso = `${timestamp.slice(0, 19)}Z`;
  return html`<time datetime="${iso}" title="${iso}">${timestamp.slice(0, 10)} ${timestamp.slice(11, 16)}Z</time>`;
}

/** A process without a name is named so: it is suspicious by itself. */
export function processText({ InitiatingProcessFileName, source }: PageDetection): string {
  if (InitiatingProcessFileName !== '') return visible(InitiatingProcessFileName);
  return source === 'zeek' ? '(any process)' : '(no process name)';
}

/** The first label of a host name; an address, and a name that is long without a dot, as it is. */
export function shortDevice(deviceName: string): string {
  if (deviceName.trim() === '') return deviceName === '' ? '(no device name)' : visible(deviceName);
  if (/^[\d.]+$/.test(deviceName) || deviceName.includes(':')) return deviceName;
  const [first = ''] = deviceName.split('.');
  return first === '' ? deviceName : first;
}

/** A name of spaces alone would be a link that nobody sees. */
function visible(name: string): string {
  return name.trim() === '' ? '(only spaces)' : name;
}

/** `only this device`, `6 devices`. */
export function devicesText({ devices, RemoteIP }: PageDetection): string {
  if (RemoteIP === '*') return 'many addresses';
  if (devices === null) return '';
  return devices <= 1 ? 'only this device' : `${groupedText(devices)} devices`;
}

/** `high` before `low` and the like: the noun alone. */
export function plural(number: number, one: string, many: string): string {
  return `${groupedText(number)} ${number === 1 ? one : many}`;
}
