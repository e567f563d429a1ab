import { describe, expect, it } from 'vitest';
import type { Reading } from '../../../../src/core/records/reading.ts';
import type { Report } from '../../../../src/core/records/report.ts';
import { defender } from '../../../../src/core/sources/defender.ts';
import { flat, frozen, propertiesOf, type Row, streamed } from '../records/records.ts';

/** The record as it comes: through JSON, so that nothing but JSON is in it. */
const read = (record: Row): Reading => defender.read(frozen(JSON.parse(JSON.stringify(record))));

function report(record: Row): Report {
  const reading = read(record);
  if (reading.kind !== 'report') throw new Error(`no report but ${JSON.stringify(reading)}`);
  return reading.report;
}

describe('defender.read(record)', () => {
  it('reads the report in the envelope of the Streaming API', () => {
    expect(report(streamed())).toEqual({
      source: 'defender',
      DeviceName: 'wks-0417.corp.example',
      InitiatingProcessFileName: 'updater.exe',
      RemoteIP: '203.0.113.77',
      Timestamp: '2026-11-20T08:59:58.9931000Z',
      count: 60,
      identity: expect.any(String),
      facts: {
        ActionType: 'ConnectionSuccessAggregatedReport',
        RemotePort: 443,
        LocalIP: '192.0.2.40',
        InitiatingProcessSHA1: '3f786850e387550fdab836ed7e6dc881de23001b',
        InitiatingProcessFolderPath: 'c:\\program files\\acme\\updater.exe',
        InitiatingProcessAccountName: 'system',
        DeviceId: '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c',
        Protocol: 'Tcp',
      },
    });
  });

  it('reads the same report from the flat row of a Log Analytics export rule', () => {
    expect(report(flat())).toEqual(report(streamed()));
  });

  it('reads a flat row without Type, by its ActionType and device', () => {
    const wanted = report(streamed());
    expect(report(propertiesOf())).toEqual(wanted);
    expect(report(propertiesOf({ DeviceId: undefined })).DeviceName).toBe(wanted.DeviceName);
    expect(report(propertiesOf({ DeviceName: undefined })).DeviceName).toBe('');
  });

  it('is not confused by fields that it does not know', () => {
    const more = { NewColumn: { a: [1] }, records: 7, category: 'x', Type: 5, toString: 'x', __proto__x: null };
    expect(report(streamed(more)).count).toBe(60);
    expect(report(streamed({}, { extra: [{}], iKey: null })).count).toBe(60);
  });

  it.each(['AdvancedHunting-DeviceNetworkEvents', 'advancedhunting-devicenetworkevents', 'DeviceNetworkEvents'])(
    'takes category %s for ours',
    (category) => {
      expect(read(streamed({}, { category })).kind).toBe('report');
    },
  );

  it.each([
    ['AdvancedHunting-DeviceFileEvents', 'FileCreatedAggregatedReport'],
    ['AdvancedHunting-DeviceLogonEvents', 'LogonFailedAggregatedReport'],
    ['AdvancedHunting-DeviceNetworkEvents2', 'ConnectionSuccessAggregatedReport'],
    ['X-AdvancedHunting-DeviceNetworkEvents', 'ConnectionSuccessAggregatedReport'],
    ['', 'ConnectionSuccessAggregatedReport'],
  ])('skips foreign category %j', (category, ActionType) => {
    expect(read(streamed({ ActionType }, { category })).kind).toBe('skipped');
  });

  it('skips a flat row of another table', () => {
    expect(read(flat({ Type: 'DeviceFileEvents', ActionType: 'FileCreatedAggregatedReport' }))).toEqual({
      kind: 'skipped',
    });
  });

  it.each(['ConnectionSuccess', 'AggregatedReportX', 'AggregatedReports', '', null, 7, undefined])(
    'skips ActionType %j',
    (ActionType) => {
      expect(read(streamed({ ActionType }))).toEqual({ kind: 'skipped' });
      expect(read(flat({ ActionType }))).toEqual({ kind: 'skipped' });
    },
  );

  it.each(['ConnectionFailedAggregatedReport', 'CONNECTIONSUCCESSAGGREGATEDREPORT', 'aggregatedreport'])(
    'takes ActionType %s, since endswith ignores case',
    (ActionType) => {
      expect(report(streamed({ ActionType })).facts.ActionType).toBe(ActionType);
    },
  );

  it.each<[string, Row]>([
    ['an empty record', {}],
    ['another shape', { time: '2026-11-20T08:00:00Z', level: 'info' }],
    ['a category without properties', { category: 'AdvancedHunting-DeviceNetworkEvents' }],
    ['properties without a category', { properties: { ActionType: 'ConnectionSuccessAggregatedReport' } }],
    ['an action without a device', { ActionType: 'ConnectionSuccessAggregatedReport', RemoteIP: '203.0.113.1' }],
    ['a device without an action', { DeviceName: 'wks-1', RemoteIP: '203.0.113.1' }],
    ['an action that is no text', { DeviceName: 'wks-1', ActionType: 7 }],
    ['foreign properties that are none', { category: 'Audit', properties: 'text' }],
  ])('does not know %s', (_, record) => {
    expect(read(record)).toEqual({ kind: 'unknown' });
  });

  it.each([null, '{"ActionType":"ConnectionSuccessAggregatedReport"}', [1], 7])(
    'makes a fault of a record of ours whose properties are %j',
    (properties) => {
      expect(read(streamed({}, { properties }))).toEqual({ kind: 'fault', fault: 'bad-field', field: 'properties' });
    },
  );

  describe('the count', () => {
    const count = (AdditionalFields: unknown) => report(streamed({ AdditionalFields })).count;

    it.each<[unknown, number | null]>([
      ['{"uniqueEventsAggregated":60}', 60],
      [' { "uniqueEventsAggregated" : "60" , "x": null } ', 60],
      [{ uniqueEventsAggregated: 60 }, 60],
      [{ uniqueEventsAggregated: '60' }, 60],
      [{ uniqueEventsAggregated: 60.9 }, 60],
      [{ uniqueEventsAggregated: '60.9' }, 60],
      [{ uniqueEventsAggregated: 0 }, 0],
      [{ uniqueEventsAggregated: null }, null],
      [{ uniqueEventsAggregated: 'many' }, null],
      [{ uniqueEventsAggregated: '' }, null],
      [{ uniqueEventsAggregated: [60] }, null],
      [{ uniqueEventsAggregated: 2 ** 31 }, null],
      [{ UniqueEventsAggregated: 60 }, null],
      ['{}', null],
      [{}, null],
      ['', null],
      [null, null],
      [undefined, null],
      [60, null],
      ['60', null],
      ['[60]', null],
      ['null', null],
      ['{"uniqueEventsAggregated":60', null],
      ['"{\\"uniqueEventsAggregated\\":60}"', null],
    ])('in AdditionalFields %j is %j', (fields, wanted) => {
      expect(count(fields)).toBe(wanted);
    });
  });

  describe('the time', () => {
    it.each([
      ['2026-11-20T08:59:58Z', '2026-11-20T08:59:58.0000000Z'],
      ['2026-11-20T08:59:58.1Z', '2026-11-20T08:59:58.1000000Z'],
      ['2026-11-20T08:59:58.1234567Z', '2026-11-20T08:59:58.1234567Z'],
      ['2026-11-20T08:59:58.123', '2026-11-20T08:59:58.1230000Z'],
      ['2026-11-20T08:59:58.12345678Z', '2026-11-20T08:59:58.1234567Z'],
      [1_795_165_198, '2026-11-20T08:59:58.0000000Z'],
      ['/Date(1795165198123)/', '2026-11-20T08:59:58.1230000Z'],
    ])('%s is %s', (text, canonical) => {
      expect(report(streamed({ Timestamp: text })).Timestamp).toBe(canonical);
    });

    it.each(['', 'yesterday', '2026-02-30T00:00:00Z', null, undefined, {}, [['2026-11-20T08:59:58Z']]])(
      '%j is a fault',
      (Timestamp) => {
        expect(read(streamed({ Timestamp }))).toEqual({ kind: 'fault', fault: 'bad-time', field: 'Timestamp' });
        const field = Timestamp == null ? 'Timestamp' : 'TimeGenerated';
        expect(read(flat({ TimeGenerated: Timestamp }))).toEqual({ kind: 'fault', fault: 'bad-time', field });
      },
    );

    it('is never that of the envelope', () => {
      expect(
        read(
          streamed({ Timestamp: undefined }, { time: '2026-11-20T08:00:00Z', TimeGenerated: '2026-11-20T08:00:00Z' }),
        ),
      ).toEqual({
        kind: 'fault',
        fault: 'bad-time',
        field: 'Timestamp',
      });
    });

    it.each(['', 'yesterday'])('that is no instant is not made good by TimeGenerated: %j', (Timestamp) => {
      expect(read(flat({ Timestamp }))).toEqual({ kind: 'fault', fault: 'bad-time', field: 'Timestamp' });
    });

    it('is Timestamp where the row has TimeGenerated as well', () => {
      expect(report(flat({ Timestamp: '2026-11-20T01:00:00Z' })).Timestamp).toBe('2026-11-20T01:00:00.0000000Z');
    });
  });

  describe('a name', () => {
    it.each([null, undefined, ''])("of %j is '', as Kusto's string has no null", (value) => {
      expect(report(streamed({ InitiatingProcessFileName: value })).InitiatingProcessFileName).toBe('');
      expect(report(streamed({ DeviceName: value })).DeviceName).toBe('');
    });

    it('keeps its exact value', () => {
      const name = ' UPDATER.exe\u202e\u0000 ';
      expect(report(streamed({ InitiatingProcessFileName: name })).InitiatingProcessFileName).toBe(name);
    });

    it.each(['DeviceName', 'InitiatingProcessFileName', 'RemoteIP'])(
      '%s that is neither text nor null is a fault',
      (column) => {
        for (const value of [7, true, {}, ['a']])
          expect(read(streamed({ [column]: value }))).toEqual({ kind: 'fault', fault: 'bad-field', field: column });
      },
    );

    it.each(['DeviceName', 'InitiatingProcessFileName', 'RemoteIP'])(
      '%s of more than 1,024 characters is a fault',
      (column) => {
        expect(read(streamed({ [column]: 'x'.repeat(1025) }))).toEqual({
          kind: 'fault',
          fault: 'name-too-long',
          field: column,
        });
        expect(read(streamed({ [column]: 'x'.repeat(1024) })).kind).not.toBe('fault');
      },
    );
  });

  it.each(['-', '', null, undefined, '10.1.2.3', '127.0.0.1', 'fe80::1'])('excludes RemoteIP %j', (RemoteIP) => {
    const lacks = RemoteIP === undefined ? { lacks: ['RemoteIP'] } : {};
    expect(read(streamed({ RemoteIP }))).toEqual({ kind: 'excluded', ...lacks });
  });

  it.each(['2001:db8::1', '::ffff:203.0.113.77'])(
    'counts RemoteIP %j, which the KQL rule does not score',
    (RemoteIP) => {
      expect(report(streamed({ RemoteIP })).RemoteIP).toBe(RemoteIP);
    },
  );

  describe('the facts', () => {
    it('omit what the telemetry lacks, and what is not text', () => {
      const silent = {
        DeviceId: null,
        Protocol: 6,
        InitiatingProcessId: null,
        InitiatingProcessCommandLine: ['x'],
        RemotePort: null,
        LocalIP: '',
        RemoteUrl: 5,
        InitiatingProcessSHA1: null,
        InitiatingProcessFolderPath: undefined,
        InitiatingProcessAccountName: {},
      };
      expect(report(streamed(silent)).facts).toEqual({ ActionType: 'ConnectionSuccessAggregatedReport' });
    });

    it('say what the program is, who started it, and for whom', () => {
      const known = {
        InitiatingProcessId: 4312,
        InitiatingProcessCommandLine: '"updater.exe" --background',
        InitiatingProcessParentFileName: 'explorer.exe',
        InitiatingProcessVersionInfoCompanyName: 'Acme Ltd',
        InitiatingProcessVersionInfoProductName: 'Acme Updater',
        InitiatingProcessVersionInfoProductVersion: '2.4.1.0',
        InitiatingProcessAccountDomain: 'corp',
        InitiatingProcessAccountUpn: 'kim@corp.example',
        InitiatingProcessIntegrityLevel: 'Medium',
      };
      expect(report(streamed(known)).facts).toMatchObject({ ...known, InitiatingProcessId: '4312' });
    });

    it('are cut to 512 characters', () => {
      const RemoteUrl = `https://example.com/${'x'.repeat(600)}`;
      expect(report(streamed({ RemoteUrl })).facts.RemoteUrl).toBe(RemoteUrl.slice(0, 512));
    });

    it.each([
      ['443', 443],
      [0, 0],
      [65_535, 65_535],
      [65_536, undefined],
      [-1, undefined],
      ['http', undefined],
    ])('have RemotePort %j as %j', (port, wanted) => {
      expect(report(streamed({ RemotePort: port })).facts.RemotePort).toBe(wanted);
    });
  });

  it('has a pre-filter token that is in every report', () => {
    for (const record of [streamed(), flat(), streamed({ ActionType: 'CONNECTIONSUCCESSAGGREGATEDREPORT' })]) {
      expect(JSON.stringify(record)).toContain(defender.preFilterToken);
    }
  });

  it('has a pre-filter token that is in no event', () => {
    const event = streamed({ ActionType: 'ConnectionSuccess', AdditionalFields: null });
    expect(JSON.stringify(event)).not.toContain(defender.preFilterToken);
  });
});
