import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { RuleResultError, readRuleResult } from '../../../src/reading/rule_result.ts';

const ROW = {
  DeviceName: 'wks-0417.corp.example',
  InitiatingProcessFileName: 'updater.exe',
  RemoteIP: '203.0.113.77',
  count_of_hours: 72,
  inliner_count: 70,
  outlier_count: 2,
  avg_conn_count: 120,
};

/** As the portal exports it: the rule's nine columns in its order, then the lists and the series_stats. */
const PORTAL = `\ufeffFirstConnection,LastConnection,DeviceName,InitiatingProcessFileName,RemoteIP,count_of_hours,inliner_count,outlier_count,avg_conn_count,Timestamp,ConnCounts\r
"""2026-11-17T12:00:00.0000000Z""","""2026-11-20T11:00:00.0000000Z""",wks-0417.corp.example,updater.exe,203.0.113.77,72,70,2,120,"[""2026-11-17T12:00:00.0000000Z""]",[120]\r
`;

const read = (text: string, encoding: BufferEncoding = 'utf8') => readRuleResult(Buffer.from(text, encoding));

describe('readRuleResult(bytes)', () => {
  it.each([
    ["the portal's CSV, with a byte order mark", PORTAL],
    ['semicolons, as a spreadsheet saves it', PORTAL.replaceAll(',', ';')],
    [
      'the header of Log Analytics',
      PORTAL.replace('FirstConnection,', 'FirstConnection [UTC],').replace('RemoteIP,', 'RemoteIP ,'),
    ],
    ['JSON lines', `${JSON.stringify(ROW)}\n\n`],
    ['a JSON array over several lines', JSON.stringify([ROW], null, 2)],
    ['the answer of the hunting API', JSON.stringify({ Schema: [], Results: [ROW] })],
    ['the answer of Graph', JSON.stringify({ schema: [], results: [ROW] })],
    ['numbers as text', JSON.stringify({ ...ROW, count_of_hours: '72' })],
  ])('reads %s', async (_name, text) => expect(await read(text)).toEqual([ROW]));

  it('reads UTF-16', async () => expect(await read(PORTAL, 'utf16le')).toEqual([ROW]));
  it('an empty answer has no rows', async () => {
    expect(await read(PORTAL.slice(0, PORTAL.indexOf('\n') + 1))).toEqual([]);
    expect(await read('[]')).toEqual([]);
  });
  it.each([
    ['', 'it is empty'],
    ['\ufeff\n', 'it is empty'],
    ['No results found', '7 columns missing: DeviceName'],
    ['DeviceName,RemoteIP\n', '5 columns missing: InitiatingProcessFileName'],
  ])('%j is not an answer without rows', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });
  it('a process without a name is an empty text, as in Kusto', async () => {
    expect(
      (await read(JSON.stringify({ ...ROW, InitiatingProcessFileName: null })))[0]?.InitiatingProcessFileName,
    ).toBe('');
  });

  it.each([
    [
      'another table',
      'Timestamp,DeviceName,RemoteIP,x\n1,2,3,4\n',
      /^5 columns missing: InitiatingProcessFileName, count_of_hours, .*; found Timestamp, DeviceName, RemoteIP, x\. export the result of the query/,
    ],
    [
      'a number that is none',
      PORTAL.replace(',72,', ',many,'),
      /^row 1: count_of_hours must be a whole number, got "many"/,
    ],
    ['a row with too few cells', `${PORTAL}wks-2,x\r\n`, /^the row at byte \d+ is no row of the CSV/],
    ['a line that is no JSON', `${JSON.stringify(ROW)}\nnothing\n`, /^line 2 is not JSON/],
    ['a list of numbers', '[1, 2]', /^not a list of rows/],
  ])('refuses %s, and says what to do', async (_name, text, message) => {
    const refused = read(text);
    await expect(refused).rejects.toThrow(RuleResultError);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toThrow(/export the result of the query that `beaconwatch kql` prints$/);
  });
});
