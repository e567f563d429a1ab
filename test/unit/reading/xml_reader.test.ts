import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isEventsXml, readXml } from '../../../src/reading/xml_reader.ts';
import { scoreBytes } from '../../support/reading/score_bytes.ts';

const LINES = readFileSync(new URL('../../fixtures/formats/event-xml.txt', import.meta.url), 'utf8');
const EVENTS = LINES.trim().split('\n');

async function eventsIn(text: string, { maxLineBytes = 100, chunkBytes = 1 << 20 } = {}) {
  const events: string[] = [];
  const faults: string[] = [];
  const bytes = Buffer.from(text);
  const chunks = function* () {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  };
  for await (const { hits, malformed, tooLong } of readXml(chunks(), { maxLineBytes })) {
    events.push(...hits.map((line) => `${line.offset} ${line.bytes}`));
    faults.push(...malformed.kept.map(({ offset, length, fault }) => `${offset} ${length} ${fault}`));
    faults.push(...tooLong.map(({ offset, length }) => `${offset} ${length} too long`));
  }
  return { events, faults };
}

describe('XML of events that is not one event per line', () => {
  it.each([
    ['<Events> in one line', `<?xml version="1.0" encoding="utf-8"?>\r\n<Events>${EVENTS.join('')}</Events>`],
    ['events in one line without a root', EVENTS.join('')],
    ['indented, as evtx_dump writes it', EVENTS.map((each, n) => `Record ${n}\n${indented(each)}\n`).join('')],
    ['indented, with a byte order mark', `\ufeff<Events>\n${EVENTS.map(indented).join('\n')}\n</Events>\n`],
  ])('%s counts what one event per line counts, in whatever chunks', async (_name, text) => {
    const { hours, counters } = await scoreBytes(LINES, ['sysmon', 'wfp']);
    expect(counters.reports).toBeGreaterThan(0);
    for (const chunkBytes of [1 << 20, 1_001, 17]) {
      const found = await scoreBytes(text, ['sysmon', 'wfp'], { chunkBytes });
      expect({ hours: found.hours, counters: found.counters }).toEqual({ hours, counters });
    }
  });

  it('is not assumed where a line is broken among whole ones, or one begins at the end of the head', () => {
    const [whole = ''] = EVENTS;
    expect(isEventsXml(`${whole.slice(0, 200)}\n${whole}\n${whole}\n`)).toBe(false);
    expect(isEventsXml(`<Events>\n${whole}\n`)).toBe(false);
    expect(isEventsXml(whole.slice(0, 200))).toBe(false);
    expect(isEventsXml(`${whole.slice(0, 200)}\n`)).toBe(true);
    expect(isEventsXml(`${whole}${whole}`)).toBe(true);
    expect(isEventsXml('<html>\n')).toBe(false);
  });

  it('has the place of each event, and of what is none', async () => {
    const text = '<Events><Event>a</Event><!-- x > --><Event b>c</Event>junk<Event>d<Event>e</Event></Events><Event>f';
    for (const chunkBytes of [1_000, 1, 7]) {
      expect(await eventsIn(text, { chunkBytes })).toEqual({
        events: ['8 <Event>a</Event>', '36 <Event b>c</Event>', '66 <Event>e</Event>'],
        faults: expect.arrayContaining(['54 4 bad-xml', '58 8 bad-xml', '91 8 bad-xml']),
      });
    }
  });

  it('does not take <EventData> or <EventID> for an event', async () => {
    expect(await eventsIn('<Event><EventID>3</EventID><EventData/></Event>')).toMatchObject({ faults: [] });
  });

  it('names an event, or text, that is too long, and reads on', async () => {
    const text = `<Event>${'x'.repeat(500)}</Event><Event>a</Event>${'<b>'.repeat(3_000)}<Event>c</Event>`;
    for (const chunkBytes of [1 << 20, 64, 5]) {
      expect(await eventsIn(text, { chunkBytes })).toEqual({
        events: ['515 <Event>a</Event>', '9531 <Event>c</Event>'],
        faults: expect.arrayContaining(['0 515 too long', '531 9000 bad-xml']),
      });
    }
  });
});

function indented(event: string): string {
  return event.replaceAll('><', '>\n  <');
}
