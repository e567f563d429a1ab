import { HttpRequest, InvocationContext } from '@azure/functions';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answering, logged } from '../../../functions/log.ts';
import { idsOf, loggedNotificationId } from '../../../src/logging/correlation.ts';
import { exportRowKeyOf } from '../../../src/storage/azure/export_states_codec.ts';
import { noteBadRow } from '../../../src/storage/bad_rows.ts';
import { groupIdOf } from '../../../src/storage/keys.ts';
import { badRow } from '../../../src/storage/ports/bad_row.ts';

const KEY = {
  source: 'defender',
  DeviceName: 'wks-0417.corp.example',
  InitiatingProcessFileName: 'updater.exe',
  RemoteIP: '203.0.113.77',
} as const;

describe('idsOf(message)', () => {
  it('is the RowKey of the export, the window and partitions of a run, the sink', () => {
    const ref = { container: 'exports', name: 'tenantId=1/y=2026/PT1H.json' };
    expect(idsOf(ref)).toEqual({ exportId: exportRowKeyOf(ref) });
    const asOf = '2026-11-20T12:00:00.0000000Z';
    const partitions = ['a', '0'];
    expect(idsOf({ partitions, asOf, oldestUnreadMs: 3, newestReport: asOf })).toEqual({ partitions, asOf });
    expect(idsOf({ sink: 'soar' })).toEqual({ sink: 'soar' });
  });

  it.each([
    null,
    undefined,
    'text',
    7,
    [],
    { detectionId: 'wks-0417', sink: 'a b', partitions: ['10'], asOf: 'now' },
    { partitions: '1' },
    { partitions: [] },
  ])('of %j is nothing', (message) => {
    expect(idsOf(message)).toEqual({});
  });

  it('repeats nothing of any other message', () => {
    fc.assert(
      fc.property(fc.object({ key: fc.constantFrom('name', 'sink', 'detectionId', 'asOf', 'x') }), (message) => {
        for (const [key, value] of Object.entries(idsOf(message))) {
          expect(value).toMatch({ exportId: /^[0-9a-f]{64}$/, sink: /^\w{1,40}$/ }[key] ?? /^[0-9a-f|T:.Z-]+\w*$/);
        }
      }),
    );
  });
});

describe('loggedNotificationId(id)', () => {
  it('omits the hash of the address alone, which can be found by trying all addresses', () => {
    const other = { ...KEY, DeviceName: 'srv-1', InitiatingProcessFileName: 'a.exe' };
    const [a, b] = [KEY, other].map((key) => groupIdOf(key)) as [string, string];
    expect(a.slice(0, 8)).toBe(b.slice(0, 8));
    expect(loggedNotificationId(`${a}|2026-11-20T12:00:00.0000000Z|0`)).toBe(
      `${a.slice(8)}|2026-11-20T12:00:00.0000000Z|0`,
    );
  });

  it('is all of the id of a digest, a hash over everything in it', () => {
    expect(loggedNotificationId('digest|00112233445566778899aabbccddeeff')).toBe(
      'digest|00112233445566778899aabbccddeeff',
    );
  });
});

describe('logged(work)', () => {
  const run = async (work: () => Promise<object>, message: unknown) => {
    const lines: string[] = [];
    const context = new InvocationContext({
      functionName: 'notifyDetection',
      invocationId: 'i-1',
      logHandler: (_level, line) => lines.push(String(line)),
    });
    const end = await logged(work)(message, context).catch((error: Error) => error.message);
    return { end, lines: lines.map((line) => JSON.parse(line) as object) };
  };
  const message = { sink: 'soar' };
  const about = { function: 'notifyDetection', invocationId: 'i-1', sink: 'soar' };

  it('leaves one line with the ids, the counts and the time it took', async () => {
    const { end, lines } = await run(async () => ({ end: 'sent', durationMs: -1 }), message);
    expect(end).toBeUndefined();
    expect(lines).toEqual([{ ...about, end: 'sent', durationMs: expect.any(Number) }]);
    expect(lines[0]).not.toHaveProperty('durationMs', -1);
  });

  it('counts the stored rows that the work skipped, also where it fails', async () => {
    const bad = badRow('Exports', 'p', 'wks-0417', 'x');
    const { lines } = await run(async () => {
      noteBadRow(bad);
      noteBadRow(bad);
      noteBadRow({ ...bad, rowKey: 'other' });
      return {};
    }, message);
    expect(lines).toEqual([{ ...about, badRows: 2, durationMs: expect.any(Number) }]);
    const failed = await run(async () => {
      noteBadRow(bad);
      throw new TypeError('x');
    }, message);
    expect(failed.lines).toEqual([{ ...about, error: 'TypeError', badRows: 1, durationMs: expect.any(Number) }]);
  });

  it('of a call that throws names the kind of error, not its message, and throws it to the host', async () => {
    const work = async () => {
      throw new TypeError('wks-0417.corp.example');
    };
    const { end, lines } = await run(work, message);
    expect(end).toBe('wks-0417.corp.example');
    expect(lines).toEqual([{ ...about, error: 'TypeError', durationMs: expect.any(Number) }]);
  });
});

describe('answering(work)', () => {
  it('logs the status, nothing of the request, and gives back the answer', async () => {
    const lines: string[] = [];
    const context = new InvocationContext({
      functionName: 'detections',
      invocationId: 'i-2',
      logHandler: (_level, line) => lines.push(String(line)),
    });
    const request = new HttpRequest({ method: 'GET', url: 'http://127.0.0.1/api/detections?device=wks-0417' });
    const answer = { status: 200, jsonBody: 'wks-0417' };
    expect(await answering(async () => answer)(request, context)).toBe(answer);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { function: 'detections', invocationId: 'i-2', method: 'GET', status: 200, durationMs: expect.any(Number) },
    ]);
  });
});
