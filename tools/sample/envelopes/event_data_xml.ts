import type { SampleWindowsEvent } from '../windows_event.ts';

const NAMESPACE = 'http://schemas.microsoft.com/win/2004/08/events/event';

/** EventData as XML, as in the event log. `between` precedes each element, `after` follows the last. */
export function eventDataXml(data: SampleWindowsEvent['data'], between = '', after = ''): string {
  const elements = data.map(([name, value]) => `${between}<Data Name="${name}">${escaped(value)}</Data>`);
  return `<EventData xmlns="${NAMESPACE}">${elements.join('')}${after}</EventData>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
