import { describe, expect, it } from 'vitest';
import type { Detection } from '../../../../src/core/detections/detection.ts';
import { NO_TRAFFIC, trafficLists } from '../../../../src/core/detections/traffic.ts';
import { requestOf } from '../../../../src/notify/sinks/messages.ts';
import { openSink } from '../../../../src/notify/sinks/open.ts';
import { sentinelRow } from '../../../../src/notify/sinks/sentinel_row.ts';
import { SPLUNK_EVENT_BYTES } from '../../../../src/notify/sinks/splunk.ts';
import { testNotification } from '../../../../src/notify/sinks/synthetic.ts';
import { fitsTeams } from '../../../../src/notify/sinks/teams.ts';
import { type DetectionChanges, synthetic } from '../../../support/detections.ts';
import { CONTEXT, digest, NOW, one, SINKS, TOKEN, URL_SECRET } from '../../../support/sinks/samples.ts';
import { isDetectionFinding } from '../../../support/sinks/schemas.ts';

const HEADLINE = 'HIGH: new beacon, every 60 s, 1 of 200 devices';
const LINKS = { Portal: 'https://portal.example/{DeviceName}' };
const of = (changes: DetectionChanges = {}) => synthetic(NOW.getTime(), changes);
type Posted = Exclude<keyof typeof SINKS, 'sentinel'>;
const request = (format: Posted, detection = of(), links = LINKS) =>
  requestOf(one(detection), SINKS[format], links, NOW.getTime());
const many = (format: Posted, count: number, more: number) =>
  requestOf(
    digest(
      Array.from({ length: count }, (_, n) => of({ DeviceName: `wks-${n}.corp.example`, RemoteIP: `203.0.113.${n}` })),
      more,
    ),
    SINKS[format],
    LINKS,
    NOW.getTime(),
  );
/** All the text that a person sees, in order. */
const textOf = (value: unknown): string =>
  typeof value !== 'object' || value === null
    ? ''
    : Object.entries(value)
        .map(([name, each]) => (name === 'text' && typeof each === 'string' ? each : textOf(each)))
        .join('');

describe.each(['json', 'slack', 'teams', 'ocsf', 'splunk-hec'] as const)('the request to a %s sink', (format) => {
  it('goes to the address of the sink as JSON, and holds neither it nor a token in its body', () => {
    const { url, headers, body } = request(format);
    expect(url).toBe(URL_SECRET);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(body).not.toMatch(/seeded|receiver\.example/);
  });
});

describe('slackRequest(notification, sink, links)', () => {
  it('has a header, a sentence, the figures, the bars, the facts, the links, one query and the commands', () => {
    const { blocks, text } = JSON.parse(request('slack').body);
    expect(text).toBe(HEADLINE);
    expect(blocks.map(({ type }: { type: string }) => type)).toEqual(['header', ...Array(7).fill('rich_text')]);
    const [, sentence, figures, bars, facts, links, query, commands] = blocks.map((block: object) => textOf(block));
    expect(sentence).toMatch(
      /^updater\.exe on wks-0417\.corp\.example \(kim\) connects to 203\.0\.113\.77:443 about every 60 s/,
    );
    expect(figures).toBe(
      'Every 60 s ± 1.3 % · Devices there 1 of 200 (0.5 %) · Connections per hour 59.8 (threshold 45) · ' +
        'Hours in the expected range 70 of 72 (minimum 12) · Outcome 99 % of reports succeed',
    );
    expect(bars.split('\n')).toHaveLength(7);
    expect(facts).toContain('Path: C:\\Users\\kim\\AppData\\Local\\Acme\\updater.exe\nCommand line: "C:');
    expect(facts).toContain(
      'Parent: explorer.exe\nFile: Acme Updater 2.4.1.0, by Acme Ltd\nAccount: kim@corp.example, ',
    );
    // An address of theirs is nothing to click on.
    expect(facts).toContain('URL: https[:]//updates.example.com/check');
    expect(links).toBe('Run in Defender  ·  Device in Defender  ·  Portal');
    expect(query).toContain('Query for Defender');
    expect(query).toContain('DeviceNetworkEvents\n| where Timestamp');
    expect(commands).toContain('beaconwatch suppress add --from 7c1a0f3e52d94b6688aa01c2d3e4f506 --reason');
    expect(blocks[5].elements[0].elements.at(-1)).toEqual({
      type: 'link',
      url: 'https://portal.example/wks-0417.corp.example',
      text: 'Portal',
    });
  });

  it('names what it omits', () => {
    const long = of({ DeviceName: 'x'.repeat(1024), InitiatingProcessFileName: 'y'.repeat(1024) });
    const shown = textOf(JSON.parse(request('slack', long).body).blocks);
    expect(shown).toContain('Omitted: the query. See: beaconwatch detections show');
    expect(shown).toContain(`${'x'.repeat(59)}…`);
  });

  it('is a list for a digest, cut honestly', () => {
    const { text, blocks } = JSON.parse(many('slack', 10, 37).body);
    expect(text).toBe('HIGH: 47 new or changed beacons');
    expect(blocks[1].elements[0].elements).toHaveLength(10);
    expect(textOf(blocks[1])).toContain(
      'HIGH updater.exe on wks-1.corp.example to 203.0.113.1:443, every 60 s, 1 of 200 devices  ·  Run in Defender',
    );
    expect(textOf(blocks[2])).toBe('and 37 more. To list all detections: beaconwatch detections list');
    expect(textOf(JSON.parse(many('slack', 7, 0).body).blocks)).not.toContain('more. ');
  });
});

describe('teamsRequest(notification, sink, links)', () => {
  const cardOf = (body: string) => JSON.parse(body).attachments[0].content;

  it('is the envelope of a workflow around a card of version 1.5', () => {
    const message = JSON.parse(request('teams').body);
    expect(message).toMatchObject({
      type: 'message',
      attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null }],
    });
    const { msteams, ...card } = cardOf(request('teams').body);
    expect(msteams).toEqual({ width: 'Full' });
    expect(card.version).toBe('1.5');
    expect(card.body[0]).toMatchObject({ type: 'TextBlock', text: HEADLINE, color: 'attention' });
    expect(card.actions.map(({ type, title }: { type: string; title: string }) => `${type} ${title}`)).toEqual([
      'Action.OpenUrl Run in Defender',
      'Action.OpenUrl Device in Defender',
      'Action.OpenUrl Portal',
      'Action.ShowCard Query for Defender',
      'Action.ShowCard Commands',
    ]);
  });

  it('has the hours as a chart, and as text where there are no charts', () => {
    const chart = cardOf(request('teams').body).body[3];
    expect(chart).toMatchObject({ type: 'Chart.VerticalBar', title: 'Connections per hour (threshold 45)' });
    expect(chart.data).toHaveLength(72);
    expect(new Set(chart.data.map(({ x }: { x: string }) => x)).size).toBe(72);
    expect(chart.data.slice(19, 22)).toEqual([
      { x: '18 04h', y: 60 },
      { x: '18 05h', y: 12, color: 'warning' },
      { x: '18 06h', y: 59 },
    ]);
    expect(textOf(chart.fallback).replaceAll('\u00a0', ' ')).toContain('█ is 96 per hour, ▄ is the threshold 45');
  });

  it('never has two braces side by side, and loses none', () => {
    const name = '{{DATE(2026-11-20T09:00:00Z)}} {{{x';
    const { body } = cardOf(request('teams', of({ InitiatingProcessFileName: name })).body);
    expect(body[1].inlines[0].text).toBe('{\\u007bDATE(2026-11-20T09:00:00Z)}} {\\u007b\\u007bx');
  });

  it('takes ten of names that are braces alone', () => {
    const names = '{'.repeat(1024);
    const detection = of({ DeviceName: names, InitiatingProcessFileName: names, RemoteIP: names });
    const ten = digest(
      Array.from({ length: 10 }, () => detection),
      990,
    );
    expect(fitsTeams(requestOf(ten, SINKS.teams, LINKS, NOW.getTime()).body)).toBe(true);
  });

  it('is a line each for a digest, cut honestly', () => {
    const { body, actions } = cardOf(many('teams', 10, 37).body);
    expect(actions).toBeUndefined();
    expect(body).toHaveLength(12);
    expect(textOf(body)).toContain('HIGH: 47 new or changed beacons');
    expect(textOf(body.at(-1))).toMatch(/^and 37 more\. /);
  });
});

describe('a digest', () => {
  const textsOf = (detections: readonly Detection[]) =>
    JSON.parse(
      requestOf(digest(detections, 0), SINKS.slack, {}, NOW.getTime()).body,
    ).blocks[1].elements[0].elements.map((each: object) => textOf(each));
  const on = (DeviceName: string, changes: DetectionChanges = {}) => of({ DeviceName, ...changes });

  it('has one line for three or more devices of an address, and counts those that it does not name', () => {
    const five = ['a', 'b', 'c', 'd', 'e'].map((name) => on(name, { devices: 5 }));
    expect(textsOf(five)).toEqual([
      'HIGH updater.exe on a, b, c and 2 more to 203.0.113.77:443, every 60 s, 5 of 200 devices  ·  Run in Defender',
    ]);
    expect(textsOf(five.slice(0, 2))).toHaveLength(2);
  });

  it('links to the page of the detection, where there is one', () => {
    const links = { Portal: 'https://portal.example/{DeviceName}', Detection: 'https://portal.example/{id}' };
    const { body } = requestOf(digest([of(), of()], 0), SINKS.slack, links, NOW.getTime());
    const [first] = JSON.parse(body).blocks[1].elements[0].elements;
    expect(first.elements.at(-1)).toMatchObject({ text: 'Detection', url: `https://portal.example/${of().groupId}` });
  });

  it('begins with the most severe, whatever the order', () => {
    const texts = textsOf([
      on('a', { severity: 'low', RemoteIP: '203.0.113.1' }),
      on('b', { severity: 'medium', RemoteIP: '203.0.113.2', state: 'resolved' }),
      on('c', { severity: 'high', RemoteIP: '203.0.113.3', revision: 2 }),
    ]);
    expect(texts.map((text: string) => text.split(' ')[0])).toEqual(['HIGH', 'MEDIUM', 'LOW']);
    expect(texts[0]).toContain(', changed');
    expect(texts[1]).toContain(', over');
  });

  it('does not join processes as a whole, which have no address', () => {
    expect(textsOf(['a', 'b', 'c'].map((name, n) => on(name, { RemoteIP: '*', groupId: `${n}` })))).toHaveLength(3);
  });
});

describe('jsonRequest(notification, sink, links, now) of a digest', () => {
  it('names those it shows, and how many there are', () => {
    const { type, timestamp, data } = JSON.parse(many('json', 10, 37).body);
    expect([type, timestamp]).toEqual(['beacon.digest', of().asOf]);
    expect(data).toMatchObject({ count: 47, more: 37 });
    expect(data.detections).toHaveLength(10);
    expect(Object.keys(data.detections[0])).toEqual([
      'id',
      'notificationId',
      'headline',
      'severity',
      'FirstConnection',
      'LastConnection',
      'DeviceName',
      'InitiatingProcessFileName',
      'RemoteIP',
      'avg_conn_count',
      'regularity',
      'interval',
      'devices',
    ]);
  });
});

describe('ocsfRequest(notification, sink, links)', () => {
  const finding = (changes: DetectionChanges = {}) => JSON.parse(request('ocsf', of(changes)).body);

  it('is a Detection Finding of the class 2004, sent with the token', () => {
    expect(request('ocsf').headers).toMatchObject({ authorization: `Bearer ${TOKEN}` });
    const { token: _none, ...without } = SINKS.ocsf;
    expect(requestOf(one(of()), without, {}, 0).headers).not.toHaveProperty('authorization');
    const found = finding();
    expect(isDetectionFinding(found), JSON.stringify(isDetectionFinding.errors)).toBe(true);
    expect(found).toMatchObject({
      class_uid: 2004,
      type_uid: 200401,
      severity_id: 4,
      time: Date.parse(of().asOf),
      finding_info: {
        title: HEADLINE,
        created_time: Date.parse(of().episode),
        attacks: [{ tactic: { uid: 'TA0011', name: 'Command and Control' } }],
        src_url: 'https://portal.example/wks-0417.corp.example',
      },
      evidences: [
        {
          device: { hostname: 'wks-0417.corp.example', uid: '5e0f7b2a9c1d4e6f8a0b3c5d7e9f1a2b4c6d8e0f' },
          dst_endpoint: { ip: '203.0.113.77', port: 443 },
          src_endpoint: { ip: '192.0.2.17' },
          file: { name: 'updater.exe', hashes: [{ algorithm_id: 2, algorithm: 'SHA-1' }] },
          user: { name: 'kim', domain: 'corp', uid_alt: 'kim@corp.example' },
          process: { pid: 4312, cmd_line: expect.stringContaining('--background'), lineage: ['explorer.exe'] },
        },
      ],
    });
    expect(found.observables.map(({ value }: { value: string }) => value)).toEqual([
      'wks-0417.corp.example',
      '203.0.113.77',
      'updater.exe',
    ]);
  });

  it.each<[DetectionChanges, number, number]>([
    [{ revision: 1 }, 1, 1],
    [{ revision: 2 }, 2, 1],
    [{ revision: 2, state: 'resolved' }, 3, 4],
  ])('of %j is activity %i, status %i, of the same finding', (changes, activity, status) => {
    const found = finding(changes);
    expect(found).toMatchObject({ activity_id: activity, type_uid: 200400 + activity, status_id: status });
    expect(found.finding_info.uid).toBe(finding().finding_info.uid);
    expect(isDetectionFinding(found)).toBe(true);
  });

  it('names a technique where one is set', () => {
    const found = finding({ technique: { id: 'T1071', name: '' } });
    expect(found.finding_info.attacks[0].technique).toEqual({ uid: 'T1071' });
    expect(isDetectionFinding(found)).toBe(true);
  });
});

describe('the owner of an address', () => {
  const owner = { asn: 64_496, organisation: 'Example Hosting', country: 'NL' };
  const owned = of({ owner });

  it('is in every format, where a database knows it', () => {
    const facts = textOf(JSON.parse(request('slack', owned).body).blocks);
    expect(facts).toContain('Owner of the address: AS64496 Example Hosting, NL\nFirst seen: ');
    const found = JSON.parse(request('ocsf', owned).body);
    expect(isDetectionFinding(found), JSON.stringify(isDetectionFinding.errors)).toBe(true);
    expect(found.evidences[0].dst_endpoint).toMatchObject({
      autonomous_system: { number: 64_496, name: 'Example Hosting' },
      location: { country: 'NL' },
    });
    expect(JSON.parse(request('json', owned).body).data.owner).toEqual(owner);
    expect(sentinelRow(owned, {}, NOW)).toMatchObject({
      RemoteAsn: 64_496,
      RemoteOrganisation: 'Example Hosting',
      RemoteCountry: 'NL',
    });
  });

  it('is looked up for what is sent, and not for a test', async () => {
    const sent: string[] = [];
    const post = async ({ body }: { body: string }) => {
      sent.push(body);
      return { kind: 'sent', answer: '200' } as const;
    };
    const owners = async () => (address: string) => (address === '203.0.113.77' ? owner : null);
    const sink = openSink(SINKS.slack, { ...CONTEXT, owners }, post);
    await sink.send(one(of()), NOW.getTime());
    await sink.send(testNotification(NOW.getTime()), NOW.getTime());
    expect(sent.map((body) => body.includes('AS64496'))).toEqual([true, false]);
  });
});

describe('splunkRequest(notification, sink, links)', () => {
  it('is an event with its time, source and type, sent with the token', () => {
    const { headers, body } = request('splunk-hec');
    expect(headers).toMatchObject({ authorization: `Splunk ${TOKEN}` });
    const { event, ...about } = JSON.parse(body);
    expect(about).toEqual({
      time: Date.parse(of().asOf) / 1000,
      source: 'beaconwatch',
      sourcetype: 'beaconwatch:detection',
    });
    expect(event).toMatchObject({ DeviceName: 'wks-0417.corp.example', severity: 'high', omitted: [] });
    const indexed = requestOf(one(of()), { ...SINKS['splunk-hec'], index: 'security' }, {}, 0);
    expect(JSON.parse(indexed.body)).toMatchObject({ index: 'security' });
  });

  it('stays within what Splunk reads where every text is the longest that its escapes make it', () => {
    const name = '\u202e'.repeat(1024);
    const traffic = { ...of().traffic, ...trafficLists(() => [name]) };
    const { body } = request(
      'splunk-hec',
      of({
        DeviceName: name,
        InitiatingProcessFileName: name,
        RemoteIP: name,
        otherProcesses: [name],
        technique: { id: 'T1071.001', name: 'n'.repeat(200) },
        revisionReason: 'c'.repeat(300),
        traffic,
      }),
    );
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(SPLUNK_EVENT_BYTES);
  });

  it('is an event for each of several, one behind the other', () => {
    const events = many('splunk-hec', 3, 0).body.split('\n');
    expect(events.map((event) => JSON.parse(event).event.RemoteIP)).toEqual([
      '203.0.113.0',
      '203.0.113.1',
      '203.0.113.2',
    ]);
  });
});

describe('sentinelRow(detection, links, now)', () => {
  it('has the names, the rule’s columns and the evidence, and the time at which it is notified', () => {
    expect(sentinelRow(of(), LINKS, NOW)).toMatchObject({
      TimeGenerated: '2026-11-20T09:45:12.987Z',
      AsOf: '2026-11-20T09:00:00.0000000Z',
      NotificationId: expect.stringMatching(/\|2026-11-20T09:00:00\.0000000Z\|1$/),
      DeviceName: 'wks-0417.corp.example',
      RemoteIP: '203.0.113.77',
      RemotePort: 443,
      InitiatingProcessAccountName: 'kim',
      InitiatingProcessAccountUpn: 'kim@corp.example',
      DeviceId: '5e0f7b2a9c1d4e6f8a0b3c5d7e9f1a2b4c6d8e0f',
      InitiatingProcessParentFileName: 'explorer.exe',
      count_of_hours: 72,
      IntervalSeconds: 60,
      Technique: '',
      Links: [{ label: 'Portal' }, { label: 'Run in Defender' }, { label: 'Device in Defender' }],
      Evidence: { ConnCounts: expect.any(Array) },
      Omitted: [],
    });
  });

  it('says by null and empty text what is not known', () => {
    const traffic = NO_TRAFFIC;
    expect(sentinelRow(of({ traffic, interval: null }), {}, NOW)).toMatchObject({
      RemotePort: null,
      LocalIP: '',
      InitiatingProcessSHA1: '',
      InitiatingProcessSHA256: '',
      IntervalSeconds: null,
      IntervalDeviation: null,
    });
  });
});
