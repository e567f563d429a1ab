const EVENT_BEGIN = /<Event[\s>]/;
const EVENT_END = '</Event>';

/**
 * The record for a text with the XML of one event: an `<Event>` alone, or behind a syslog header
 * (`Nov 20 11:00:00 host sysmon: <Event>…</Event>`). null if there is no whole `<Event>`.
 */
export function xmlRecordOf(text: string): { readonly xml: string } | null {
  const start = text.search(EVENT_BEGIN);
  const end = text.lastIndexOf(EVENT_END);
  return start === -1 || end < start ? null : { xml: text.slice(start, end + EVENT_END.length) };
}
