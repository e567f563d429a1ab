import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timestampOf } from '../../../../src/core/kql/timestamp.ts';
import { type IdentityParts, identityOf } from '../../../../src/core/records/identity.ts';
import { defender } from '../../../../src/core/sources/defender.ts';
import { flat, frozen, nested, type Row, streamed } from './records.ts';

function identity(record: Row): string {
  const reading = defender.read(record);
  if (reading.kind !== 'report') throw new Error(`no report but ${reading.kind}`);
  return reading.report.identity ?? '';
}

/** What JSON does to a record on its way. */
const delivered = (record: Row, change: (text: string) => string = (text) => text): Row =>
  frozen(JSON.parse(change(JSON.stringify(record))));

describe('identityOf a report', () => {
  it('is the same by either route', () => {
    expect(identity(flat())).toBe(identity(streamed()));
  });

  it.each<[string, Row, Row]>([
    ['RemotePort as number or text', streamed({ RemotePort: 443 }), flat({ RemotePort: '443' })],
    ['ReportId as number or text', streamed({ ReportId: 48213 }), flat({ ReportId: '48213' })],
    ["LocalIP as '' or null", streamed({ LocalIP: null }), flat({ LocalIP: '' })],
    ['LocalIP as null or absent', streamed({ LocalIP: null }), flat({ LocalIP: undefined })],
    ["RemotePort as '' or absent", streamed({ RemotePort: '' }), flat({ RemotePort: undefined })],
    ['DeviceId as null or absent', streamed({ DeviceId: null }), flat({ DeviceId: undefined })],
    ['the count as number or text', streamed(), flat({ AdditionalFields: { uniqueEventsAggregated: '60' } })],
    ['no count in whatever way', streamed({ AdditionalFields: '{}' }), flat({ AdditionalFields: null })],
    ['the time with other zeros', streamed(), flat({ TimeGenerated: '2026-11-20T08:59:58.9931000Z' })],
    ['the time in another zone', streamed(), flat({ TimeGenerated: '2026-11-20T09:59:58.9931+01:00' })],
    [
      'a count of zero in either shape',
      streamed({ AdditionalFields: '{"uniqueEventsAggregated":0}' }),
      flat({ AdditionalFields: { uniqueEventsAggregated: 0 } }),
    ],
  ])('is the same with %s', (_, a, b) => {
    expect(identity(a)).toBe(identity(b));
  });

  it('is the same on every delivery: the envelope has no part in it', () => {
    const again = streamed({}, { time: '2026-11-20T11:00:00Z', _TimeReceivedBySvc: undefined, Tenant: 'x', extra: 1 });
    expect(identity(again)).toBe(identity(streamed()));
    expect(identity(streamed({ ReportId: null }, { time: '2026-11-21T00:00:00Z' }))).toBe(
      identity(streamed({ ReportId: null })),
    );
  });

  it('does not depend on what has no part in it', () => {
    expect(identity(streamed({ LocalPort: 1, RemoteUrl: 'example.com', New: {} }))).toBe(identity(streamed()));
  });

  const changes: Row[] = [
    { DeviceId: 'another' },
    { Timestamp: '2026-11-20T08:59:58.9931001Z' },
    { ReportId: 48214 },
    { ReportId: 0 },
    { ActionType: 'ConnectionFailedAggregatedReport' },
    { RemotePort: 444 },
    { RemotePort: 0 },
    { RemotePort: null },
    { LocalIP: '192.0.2.41' },
    { LocalIP: null },
    { AdditionalFields: '{"uniqueEventsAggregated":61}' },
    { AdditionalFields: '{"uniqueEventsAggregated":0}' },
    { AdditionalFields: null },
    { DeviceId: null },
    { DeviceId: null, DeviceName: 'wks-0418.corp.example' },
  ];

  it('changes when any one of its parts changes', () => {
    const identities = [{}, ...changes].map((change) => identity(streamed(change)));
    expect(new Set(identities).size).toBe(changes.length + 1);
  });

  it('knows a device by its id, whatever its name has become', () => {
    expect(identity(streamed({ DeviceName: 'renamed' }))).toBe(identity(streamed()));
  });
});

describe('identityOf a report without ReportId', () => {
  it.each([null, '', undefined])('is that of all its properties, in whatever order (ReportId %j)', (ReportId) => {
    const properties = streamed({
      ReportId,
      AdditionalFields: { uniqueEventsAggregated: 60, z: { b: 1, a: [2, { d: 1, c: 2 }] } },
    })['properties'] as Row;
    const keys = fc.shuffledSubarray(Object.keys(properties), { minLength: Object.keys(properties).length });
    const wanted = identity(frozen({ category: 'DeviceNetworkEvents', properties }));
    fc.assert(
      fc.property(keys, (order) => {
        const shuffled = Object.fromEntries(order.map((key) => [key, properties[key]]));
        const AdditionalFields = { z: { a: [2, { c: 2, d: 1 }], b: 1 }, uniqueEventsAggregated: 60 };
        const record = frozen({ category: 'DeviceNetworkEvents', properties: { ...shuffled, AdditionalFields } });
        expect(identity(record)).toBe(wanted);
      }),
    );
  });

  it('changes with any of its properties, and with the order of a list', () => {
    const of = (revision: Row) => identity(streamed({ ReportId: null, List: [1, 2], ...revision }));
    const identities = [
      {},
      { LocalPort: 5 },
      { New: null },
      { DeviceName: 'b' },
      { List: [2, 1] },
      { List: ['1', 2] },
    ].map(of);
    expect(new Set(identities).size).toBe(identities.length);
  });

  it('takes names that mean something to JavaScript for names', () => {
    const of = (name: string) =>
      identity(delivered(streamed({ ReportId: null, NAME: 1 }), (text) => text.replace('NAME', name)));
    const identities = ['__proto__', 'constructor', 'toJSON', '1', 'x'].map(of);
    expect(new Set(identities).size).toBe(identities.length);
  });

  it('is never that of a report with ReportId', () => {
    expect(identity(streamed({ ReportId: null })).startsWith('{')).toBe(true);
    expect(identity(streamed()).startsWith('[')).toBe(true);
  });
});

describe('identityOf(parts, properties)', () => {
  const PARTS: IdentityParts = frozen({
    DeviceId: 'd',
    DeviceName: 'n',
    Timestamp: timestampOf('2026-11-20T08:00:00Z')!,
    ReportId: 1,
    ActionType: 'a',
    RemotePort: 443,
    LocalIP: '192.0.2.1',
    count: 60,
  });

  it('is this text: hashed into keys of tables, so frozen', () => {
    expect(identityOf(PARTS, {})).toBe('["d","2026-11-20T08:00:00.0000000Z","1","a","443","192.0.2.1",60]');
    expect(identityOf({ ...PARTS, ReportId: null }, frozen({ b: 1, a: { d: null, c: 'ä' } }))).toBe(
      '{"a":{"c":"ä","d":null},"b":1}',
    );
  });

  it('cannot be forged by a name that holds the separator', () => {
    const a = identityOf({ ...PARTS, ActionType: 'a","443', RemotePort: '1' }, {});
    const b = identityOf({ ...PARTS, ActionType: 'a', RemotePort: '443","1' }, {});
    expect(a).not.toBe(b);
  });

  it('takes a part that is an object as its sorted JSON', () => {
    const of = (ReportId: unknown) => identityOf({ ...PARTS, ReportId }, {});
    expect(of({ a: 1, b: 2 })).toBe(of({ b: 2, a: 1 }));
    expect(of({ a: 1, b: 2 })).not.toBe(of({ a: 1, b: 3 }));
  });

  it('throws a RangeError for what is nested deeper than the stack', () => {
    expect(() => identityOf({ ...PARTS, ReportId: JSON.parse(nested(400_000)) }, {})).toThrow(RangeError);
  });
});
