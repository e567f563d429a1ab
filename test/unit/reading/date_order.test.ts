import { describe, expect, it } from 'vitest';
import { scoreBytes } from '../../support/reading/score_bytes.ts';

const HEADER = 'Timestamp,DeviceName,ActionType,RemoteIP,InitiatingProcessFileName,ReportId,AdditionalFields';
const row = (time: string, n: number, count = 60) =>
  `"${time}",lap-07,ConnectionSuccessAggregatedReport,198.51.100.23,sync.exe,${n},"{""uniqueEventsAggregated"":${count}}"`;
const csv = (...times: readonly string[]) => `${[HEADER, ...times.map((time, n) => row(time, n))].join('\n')}\n`;
const json = (...times: readonly string[]) =>
  times
    .map((Timestamp, ReportId) =>
      JSON.stringify({
        Timestamp,
        DeviceName: 'lap-07',
        ActionType: 'ConnectionSuccessAggregatedReport',
        RemoteIP: '198.51.100.23',
        InitiatingProcessFileName: 'sync.exe',
        ReportId,
        AdditionalFields: '{"uniqueEventsAggregated":60}',
      }),
    )
    .join('\n');

const at = (...hours: readonly string[]) => hours.map((hour) => `lap-07 sync.exe 198.51.100.23 ${hour}h 60`);
const WHOLE_MONTH = { days: 60, now: '2026-12-31T00:00:00Z' };

describe('dates of two numbers', () => {
  it.each<[string, readonly string[]]>([
    ['month first, 12 hours', ['11/09/2026 8:31:12 AM', '11/10/2026, 9:31:12.123 PM', '11/13/2026 12:31:12 AM']],
    ['day first, 24 hours', ['09/11/2026 08:31:12', '10/11/2026, 21:31', '13/11/2026 00:31:12']],
    ['day first with dashes', ['09-11-2026 08:31:12', '10-11-2026 21:31:12', '13-11-2026 00:31:12']],
    ['day first with points', ['9.11.2026 08:31:12', '10.11.2026 21:31:12', '13.11.2026 00:31:12']],
    ['beside names of months', ['Nov 9, 2026 8:31:12 AM', '11/10/2026 21:31:12', '11/13/2026 00:31:12']],
  ])('are read by the values above 12 of the whole file: %s', async (_, times) => {
    for (const text of [csv(...times), json(...times)]) {
      expect(await scoreBytes(text, ['defender'], WHOLE_MONTH)).toMatchObject({
        hours: at('00', '08', '21'),
        faults: {},
        unknownOrder: null,
        counters: { lines: 3, records: 3, reports: 3, deadLetters: 0 },
      });
    }
  });

  it('stay unread if no value is above 12, and the file says so', async () => {
    const times = ['05/06/2026 08:31:12', '06/06/2026 09:31:12'];
    expect(await scoreBytes(csv(...times), ['defender'], WHOLE_MONTH)).toMatchObject({
      hours: [],
      faults: { 'date-order (Timestamp)': 2 },
      unknownOrder: { why: 'neither', records: 2, date: { field: 'Timestamp', value: '05/06/2026 08:31:12' } },
      counters: { reports: 0, deadLetters: 2 },
    });
  });

  it('stay unread if values of both orders are above 12', async () => {
    const times = ['13/11/2026 08:31:12', '11/13/2026 09:31:12', '11/11/2026 09:31:12'];
    expect(await scoreBytes(csv(...times), ['defender'], WHOLE_MONTH)).toMatchObject({
      hours: [],
      faults: { 'date-order (Timestamp)': 3 },
      unknownOrder: { why: 'both', date: { value: '13/11/2026 08:31:12' }, other: { value: '11/13/2026 09:31:12' } },
    });
  });

  it('are read in the order that the user gives; a date against it is no time', async () => {
    const times = ['12/11/2026 08:31:12', '11/12/2026 09:31:12', '13/11/2026 10:31:12'];
    const options = { ...WHOLE_MONTH, days: 3, now: '2026-11-13T12:00:00Z' };
    expect(await scoreBytes(csv(...times), ['defender'], { ...options, dateOrder: 'day-first' })).toMatchObject({
      hours: at('08', '10'),
      faults: {},
    });
    expect(await scoreBytes(csv(...times), ['defender'], { ...options, dateOrder: 'month-first' })).toMatchObject({
      hours: at('09'),
      faults: { 'bad-time (Timestamp)': 1 },
    });
  });

  it('count once beside faults and rows of other kinds, which are not counted again', async () => {
    const other = row('11/09/2026 08:31:12', 9).replace('ConnectionSuccessAggregatedReport', 'ConnectionSuccess');
    const inside = row('11/09/2026 08:31:12', 9).replace('198.51.100.23', '10.1.1.1');
    const broken = ['"x', 'a,b', row('then', 9), row(`11/09/2026 08:31:12`, 8).replace('lap-07', 'x'.repeat(2_000))];
    const text = csv('11/09/2026 08:31:12', '2026-11-10T09:31:12Z', '11/13/2026 10:31:12');
    expect(
      await scoreBytes(`${text}${[other, inside, ...broken].join('\n')}\n`, ['defender', 'defender-raw'], WHOLE_MONTH),
    ).toMatchObject({
      hours: [...at('08', '09', '10'), 'lap-07 sync.exe 198.51.100.23 08h 1'].sort(),
      faults: { 'bad-csv': 2, 'bad-time (Timestamp)': 1, 'name-too-long (DeviceName)': 1 },
      counters: { lines: 9, reports: 4, excluded: 1, skipped: 0, deadLetters: 4 },
    });
  });

  it('stay unread from a pipe, and are named', async () => {
    const text = csv('11/09/2026 08:31:12', '11/13/2026 08:31:12');
    expect(await scoreBytes(text, ['defender'], { ...WHOLE_MONTH, once: true })).toMatchObject({
      hours: [],
      faults: { 'date-order (Timestamp)': 2 },
    });
  });

  it('are none where the computer wrote local time', async () => {
    const event = { ProviderName: 'Microsoft-Windows-Security-Auditing', Id: 5156, MachineName: 'x' };
    const times = ['11/20/2026 8:31:12 AM', '11/09/2026 8:31:12 AM'];
    const data = {
      Direction: '%%14593',
      LayerName: '%%14611',
      Application: 'c:\\x.exe',
      DestAddress: '198.51.100.23',
    };
    const text = times.map((TimeCreated) => JSON.stringify({ ...event, EventData: data, TimeCreated })).join('\n');
    expect(await scoreBytes(text, ['wfp'])).toMatchObject({ hours: [], faults: { 'no-zone (TimeCreated)': 2 } });
  });
});

describe('a member that the rule needs', () => {
  const record = (n: number, changes: object) =>
    JSON.stringify({ ...JSON.parse(json(`2026-11-20T0${n % 10}:00:00Z`)), DeviceId: 'a', ReportId: n, ...changes });
  const lines = (changes: object, count = 3) => Array.from({ length: count }, (_, n) => record(n, changes));

  it.each(['DeviceName', 'InitiatingProcessFileName'])(
    '%s is not counted as empty if every record lacks it',
    async (name) => {
      for (const count of [3, 1_500]) {
        const found = await scoreBytes(lines({ [name]: undefined }, count).join('\n'));
        expect(found).toMatchObject({ hours: [], faults: { [`no-column (${name})`]: count }, lacking: [name] });
        expect(found.counters).toMatchObject({ reports: 0, deadLetters: count });
      }
    },
  );

  it('counts as empty if it is null, or if another record has it', async () => {
    const some = [...lines({ DeviceName: undefined }, 2), record(5, {})];
    expect(await scoreBytes(some.join('\n'))).toMatchObject({
      hours: [' sync.exe 198.51.100.23 00h 60', ' sync.exe 198.51.100.23 01h 60', ...at('05')],
      faults: {},
      lacking: [],
    });
    expect(await scoreBytes(lines({ DeviceName: null }).join('\n'))).toMatchObject({ faults: {}, lacking: [] });
  });

  it.each(['RemoteIP', 'AdditionalFields'])('%s is named if every record lacks it', async (name) => {
    expect(await scoreBytes(lines({ [name]: undefined }).join('\n'))).toMatchObject({ lacking: [name] });
    expect(await scoreBytes([...lines({ [name]: undefined }), record(4, {})].join('\n'))).toMatchObject({
      lacking: [],
    });
  });

  it('has an example of what stands in it', async () => {
    const { firstFault } = await scoreBytes(lines({ Timestamp: 'yester\u202eday' }).join('\n'));
    expect(firstFault).toEqual({ reason: 'bad-time', field: 'Timestamp', value: 'yester\\u202eday' });
    const lacking = await scoreBytes(lines({ Timestamp: undefined }).join('\n'));
    expect(lacking.firstFault).toEqual({ reason: 'bad-time', field: 'Timestamp', value: null });
  });
});
