import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { timestampOf } from '../../../src/core/kql/timestamp.ts';
import type { Source } from '../../../src/core/records/report.ts';
import { KQL_RULE } from '../../../src/core/scoring/rule.ts';
import { windowOf } from '../../../src/core/scoring/window.ts';
import { formatsOf } from '../../../src/reading/formats.ts';
import { OfflineScore } from '../../../src/scoring/offline_scorer.ts';

/**
 * Whole records of every format, in test/fixtures/formats: first those that the products' documentation shows, then more
 * of the same made up by hand. What stands here was counted by hand, from the records, by no code of ours.
 */
const ASK_FOR_ALL = { ...KQL_RULE, minUniformPerDay: 0, minAverage: 0 };
const WINDOW = windowOf(timestampOf('2026-11-20T12:00:00Z')!, 1);

async function read(file: string, sources: readonly Source[]) {
  const bytes = readFileSync(new URL(`../../fixtures/formats/${file}`, import.meta.url));
  const faults: string[] = [];
  const offline = new OfflineScore(WINDOW, formatsOf(sources), (first) =>
    faults.push(...first.map(({ reason }) => reason)),
  );
  const { counters, foreign } = await offline.read({ container: '', name: file }, asStream(bytes));
  const { matched } = await offline.score(ASK_FOR_ALL);
  const hours = matched.flatMap(({ group: { key, series } }) =>
    series.countHours.map((hour, i) => {
      const { source, DeviceName, InitiatingProcessFileName, RemoteIP } = key;
      return `${source} ${DeviceName} ${InitiatingProcessFileName} ${RemoteIP} ${hour.slice(11, 13)}h ${series.ConnCounts[i]}`;
    }),
  );
  const { reports, skipped, excluded, deadLetters } = counters;
  return { foreign, hours: hours.sort(), faults: faults.sort(), counters: { reports, skipped, excluded, deadLetters } };
}

async function* asStream(bytes: Uint8Array) {
  yield bytes;
}

/** The hours of one source's groups: device, process, address, hour of the day, connections. */
const of = (source: Source, ...hours: readonly string[]) => hours.map((hour) => `${source} ${hour}`).sort();

const G = 'wks-0417.corp.example updater.exe 203.0.113.77';
const B = 'wks-0417.corp.example a&b.exe 203.0.113.77';
const N = 'wks-0417.corp.example nslookup.exe 198.51.100.53';
const S = 'wks-0417.corp.example svchost.exe 198.51.100.53';

describe('sysmon', () => {
  it('of am-Event counts by hand', async () => {
    expect(await read('sysmon-event.jsonl', ['sysmon'])).toEqual({
      foreign: false,
      hours: of(
        'sysmon',
        // 08:15 as documented; 08:59:59.999 in capitals, over ::ffff:203.0.113.77.
        `${G} 08h 2`,
        // 09:00:00, over 0:0:0:0:0:FFFF:CB00:714D. 09:28 by UtcTime: the log's 04:28Z is local time. 09:58:30 by the
        // log: UtcTime's 10:02:30 is four minutes off.
        `${G} 09h 3`,
        // UDP to a server's port.
        `${N} 08h 1`,
        // R&amp;D &lt;test&gt;\a&amp;b.exe
        `${B} 09h 1`,
      ),
      // '-' for the address; 'yesterday' and no UtcTime; XML cut off, with two DestinationIp, with a DOCTYPE.
      faults: ['bad-time', 'bad-xml', 'bad-xml', 'bad-xml', 'no-address'],
      // Inbound; a DNS server's answer; event 1; another provider's event that names Sysmon. 10.1.2.3 is
      // excluded; 2001:db8::7 is counted, and the rule does not score it.
      counters: { reports: 8, skipped: 4, excluded: 1, deadLetters: 5 },
    });
  });

  it('of am-WindowsEvent counts by hand', async () => {
    expect(await read('sysmon-windowsevent.jsonl', ['sysmon'])).toEqual({
      foreign: false,
      // As above; and 09:40 by UtcTime, where TimeGenerated is three days later; 09:41 with its data as text.
      hours: of('sysmon', `${G} 08h 2`, `${G} 09h 5`, `${N} 08h 1`, `${B} 09h 1`),
      // As above without XML; data that is none, no computer, no Initiated.
      faults: ['bad-field', 'bad-field', 'bad-field', 'bad-time', 'no-address'],
      // Inbound, answer, event 1, a 5156.
      counters: { reports: 10, skipped: 4, excluded: 1, deadLetters: 5 },
    });
  });

  it('of NXLog counts by hand: UtcTime is the only time in UTC', async () => {
    expect(await read('nxlog.jsonl', ['sysmon'])).toEqual({
      foreign: false,
      // 08:15, 08:59:59.801; 09:00, 09:28; 10:02:30, which nothing corrects.
      hours: of('sysmon', `${G} 08h 2`, `${G} 09h 2`, `${G} 10h 1`, `${N} 08h 1`, `${B} 09h 1`),
      // '-'; local time alone.
      faults: ['no-address', 'no-zone'],
      // Inbound, answer, event 1; the seventeen 5156.
      counters: { reports: 8, skipped: 20, excluded: 1, deadLetters: 2 },
    });
  });

  it('of winlogbeat counts by hand, whether event_id is a number or text', async () => {
    expect(await read('winlogbeat.jsonl', ['sysmon'])).toEqual({
      foreign: false,
      hours: of('sysmon', `${G} 08h 2`, `${G} 09h 3`, `${N} 08h 1`, `${B} 09h 1`),
      faults: ['bad-time', 'no-address'],
      // Inbound, answer, event 1; the fifteen 5156.
      counters: { reports: 8, skipped: 18, excluded: 1, deadLetters: 2 },
    });
  });

  it('of Elastic Agent counts by hand: @timestamp is UtcTime', async () => {
    expect(await read('ecs.jsonl', ['sysmon'])).toEqual({
      foreign: false,
      // 08:15, 08:59:59.801; 09:00, 09:28, and 09:42, known to be outbound by network.direction; 10:02:30.
      hours: of('sysmon', `${G} 08h 2`, `${G} 09h 3`, `${G} 10h 1`, `${N} 08h 1`, `${B} 09h 1`),
      // Neither Initiated nor a direction; 'yesterday'; no address.
      faults: ['bad-field', 'bad-time', 'no-address'],
      // Inbound twice, answer, event 1, a 5156.
      counters: { reports: 9, skipped: 5, excluded: 1, deadLetters: 3 },
    });
  });
});

describe('wfp', () => {
  /** 08:15, 08:59:59.9999999 with capitals; 09:00 mapped, 09:28 in French by its layer; UDP to port 53; a&b.exe. */
  const HOURS = [`${G} 08h 2`, `${G} 09h 2`, `${S} 08h 1`, `${B} 09h 1`];
  /** English words without a layer; '8:31 AM'; '-'. */
  const FAULTS = ['bad-field', 'bad-time', 'no-address'];

  it('of am-SecurityEvent counts by hand', async () => {
    expect(await read('wfp-securityevent.jsonl', ['wfp'])).toEqual({
      foreign: false,
      hours: of('wfp', ...HOURS),
      faults: FAULTS,
      // Inbound, another layer, a DNS server's answer, inbound in French; 4624 from port 5156; 5157 of process 5156.
      counters: { reports: 7, skipped: 6, excluded: 1, deadLetters: 3 },
    });
  });

  it('of NXLog counts by hand: short host names, and the time of receiving where there is no other in UTC', async () => {
    expect(await read('nxlog.jsonl', ['wfp'])).toEqual({
      foreign: false,
      // Beside the above 08:50:02 by @timestamp, where EventTime is local; 03:59:59-05:00, which is 08:59:59.
      hours: of('wfp', ...HOURS.map((hour) => hour.replace('.corp.example', '').replace('08h 2', '08h 4'))),
      faults: FAULTS,
      // The four as above; the fourteen of Sysmon.
      counters: { reports: 9, skipped: 18, excluded: 1, deadLetters: 3 },
    });
  });

  it('of winlogbeat counts by hand', async () => {
    expect(await read('winlogbeat.jsonl', ['wfp'])).toEqual({
      foreign: false,
      hours: of('wfp', ...HOURS),
      faults: FAULTS,
      // The four as above; the fourteen of Sysmon.
      counters: { reports: 7, skipped: 18, excluded: 1, deadLetters: 3 },
    });
  });

  it('of am-WindowsEvent and of Elastic Agent is read as well', async () => {
    const hour = of('wfp', `${G} 08h 1`);
    expect(await read('sysmon-windowsevent.jsonl', ['wfp'])).toMatchObject({ hours: hour, faults: [] });
    expect(await read('ecs.jsonl', ['wfp'])).toMatchObject({ hours: hour, faults: [] });
  });
});

describe('defender', () => {
  it('of the Streaming API counts by hand', async () => {
    expect(await read('defender.jsonl', ['defender'])).toEqual({
      foreign: false,
      hours: of(
        'defender',
        // 60 to port 443, delivered twice; 7 to port 8443.
        `${G} 08h 67`,
        `${G} 09h 58`,
        // Case counts.
        `${G.replace('updater', 'Updater')} 09h 3`,
        // Within {"records":[…]}, and within an array.
        `${G} 10h 61`,
        `${G} 11h 59`,
      ),
      faults: ['bad-time'],
      // ConnectionSuccess three times, ConnectionFailed, InboundConnectionAccepted. 10.0.0.9 is excluded;
      // ::ffff:203.0.113.77 is counted, and the rule does not score it, as Kusto has it.
      counters: { reports: 8, skipped: 5, excluded: 1, deadLetters: 1 },
    });
  });

  it('of Log Analytics counts by hand', async () => {
    expect(await read('log-analytics.jsonl', ['defender'])).toEqual({
      foreign: false,
      hours: of('defender', `${G} 08h 67`, `${G} 09h 58`),
      faults: ['bad-time'],
      counters: { reports: 4, skipped: 1, excluded: 1, deadLetters: 1 },
    });
  });
});

describe('the CSV of the portal', () => {
  it('counts by hand: columns in any order, quotes within quotes, a line end within a cell', async () => {
    expect(await read('portal-csv.csv', ['defender'])).toEqual({
      foreign: false,
      // 60 to port 443, twice in the file; 7 to port 8443. 58 failed ones.
      hours: of('defender', `${G} 08h 67`, `${G} 09h 58`),
      // Four cells; '11/20/2026 9:59', as a spreadsheet writes it.
      faults: ['bad-csv', 'date-order'],
      // ConnectionSuccess; 10.0.0.9.
      counters: { reports: 4, skipped: 1, excluded: 1, deadLetters: 2 },
    });
    expect(await read('portal-csv.csv', ['defender-raw'])).toMatchObject({ hours: of('defender-raw', `${G} 09h 1`) });
  });

  it('gives the same reports as the export: a file of each counts once', async () => {
    const offline = new OfflineScore(WINDOW, formatsOf(['defender']), () => {});
    for (const name of ['portal-csv.csv', 'log-analytics.jsonl']) {
      const bytes = readFileSync(new URL(`../../fixtures/formats/${name}`, import.meta.url));
      await offline.read({ container: '', name }, asStream(bytes));
    }
    expect(await offline.score(ASK_FOR_ALL)).toMatchObject({ rows: 3 });
  });
});

describe('defender-raw', () => {
  it('counts the rows of ConnectionSuccess by either route, and no others', async () => {
    expect(await read('defender.jsonl', ['defender-raw'])).toEqual({
      foreign: false,
      // 09:10 from two ports; 10:30 within {"records":[…]}.
      hours: of('defender-raw', `${G} 09h 2`, `${G} 10h 1`),
      faults: [],
      counters: { reports: 3, skipped: 12, excluded: 0, deadLetters: 0 },
    });
    expect(await read('log-analytics.jsonl', ['defender-raw'])).toMatchObject({
      hours: of('defender-raw', `${G} 09h 1`),
      faults: [],
    });
  });
});

describe('several sources', () => {
  it('never mix, whatever one file holds', async () => {
    expect((await read('nxlog.jsonl', ['sysmon', 'wfp'])).hours).toEqual(
      [...(await read('nxlog.jsonl', ['sysmon'])).hours, ...(await read('nxlog.jsonl', ['wfp'])).hours].sort(),
    );
    expect((await read('defender.jsonl', ['defender', 'defender-raw'])).hours).toEqual(
      [
        ...(await read('defender.jsonl', ['defender'])).hours,
        ...(await read('defender.jsonl', ['defender-raw'])).hours,
      ].sort(),
    );
  });

  it('are not read where they are not active: the file is of no known format, or of another table', async () => {
    for (const file of ['sysmon-event', 'sysmon-windowsevent', 'wfp-securityevent']) {
      expect(await read(`${file}.jsonl`, ['defender', 'defender-raw'])).toMatchObject({ foreign: false, hours: [] });
    }
    for (const file of ['winlogbeat', 'nxlog', 'ecs']) {
      expect(await read(`${file}.jsonl`, ['defender', 'defender-raw'])).toMatchObject({ foreign: true, hours: [] });
    }
    for (const file of ['defender', 'log-analytics']) {
      expect(await read(`${file}.jsonl`, ['sysmon', 'wfp'])).toMatchObject({ foreign: true, hours: [] });
    }
  });
});
