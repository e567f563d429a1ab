import { beforeEach, describe, expect, it } from 'vitest';
import type { Detection } from '../../../src/core/detections/detection.ts';
import { recordVerdict } from '../../../src/detections/record_verdict.ts';
import { AddressLists } from '../../../src/scoring/listed_addresses.ts';
import { isOfProcess } from '../../../src/scoring/process_key.ts';
import { groupIdOf, processIdOf } from '../../../src/storage/keys.ts';
import { BadRowError, badRow } from '../../../src/storage/ports/bad_row.ts';
import { suppression } from '../../contract/samples.ts';
import { Hourly } from '../../support/scoring/hourly.ts';
import { at, type Group, hours, withDetections } from '../../support/scoring/tenant.ts';

const KEY = { source: 'defender', DeviceName: 'ws-1', InitiatingProcessFileName: 'rot.exe' } as const;
const ID = processIdOf(KEY);
/** In a network each, so that no other process makes them common. */
const SERVERS = Array.from({ length: 20 }, (_, n) => `198.${30 + n}.7.9`);

function groupOf(RemoteIP: string, changes: Partial<Group> = {}): Group {
  const key = { ...KEY, RemoteIP, ...changes };
  return { ...key, groupId: groupIdOf(key) };
}

let hourly: Hourly;
beforeEach(async () => {
  hourly = new Hourly({ BASELINE_HOURS: '0' });
  await arrive(hourly);
});

/** Twelve connections an hour, each hour to another server; and other devices, so that one is few. */
async function arrive({ tenant }: Hourly, until = 73): Promise<void> {
  for (const [n, server] of SERVERS.entries())
    await tenant.reports(
      groupOf(server),
      hours(0, until).filter((hour) => hour % SERVERS.length === n),
      12,
    );
  for (const n of hours(2, 16)) await tenant.reports(groupOf(`203.0.113.${n}`, { DeviceName: `ws-${n}` }), [70], 3);
}

const row = async () => (await hourly.tenant.stores.detections.get(ID))?.row ?? null;
const detection = async (): Promise<Detection> => {
  const found = await row();
  if (found === null) throw new Error('no detection');
  return found.detection;
};

describe('a process whose servers rotate', () => {
  it('opens in the run after the one that saw it, and is decided by the next', async () => {
    expect(await hourly.run(71)).toEqual([]);
    expect(await row()).toBeNull();
    expect(await hourly.run(72)).toEqual([]);
    expect(await detection()).toMatchObject({
      ...{ ...KEY, RemoteIP: '*', groupId: ID, state: 'new', episode: at(72), severity: 'low', revision: 0 },
      ...{ devices: 1, fleetDevices: 16, otherProcesses: [], FirstConnection: at(0), LastConnection: at(70) },
      assessments: {
        'kql-rule': null,
        regularity: { way: 'process', interval: 300, addresses: 20, regularDevices: 1, connections: 71 * 12 },
      },
    });
    expect((await detection()).assessments.regularity?.remoteIPs).toHaveLength(20);
    // The window has 72 hours, and the last one of them is not known yet.
    expect((await detection()).hours.filter((count) => count === 12)).toHaveLength(71);

    expect(await hourly.run(73)).toEqual([ID]);
    const decided = await detection();
    expect(decided).toMatchObject({ state: 'ongoing', severity: 'medium', revision: 1, asOf: at(73) });
    expect(decided.decision).toMatchObject({ isDecided: true, isRipe: true, runsInARow: 2 });
    expect(decided.severityReason).toMatch(/^No other device is as regular/);
    // No group of it is a detection.
    expect(await hourly.tenant.states()).toEqual([`${ID} ongoing`]);
  });

  it('has the facts of the newest reports of its addresses, read at the opening and then once a day', async () => {
    const server = SERVERS[70 % SERVERS.length] ?? '';
    const ran = (name: string) => ({ facts: { RemotePort: 8443, InitiatingProcessAccountName: name } });
    await hourly.tenant.reports(groupOf(server), [70], 1, ran('ana'));
    await hourly.run(71);
    await hourly.run(72);
    const opened = (await detection()).traffic;
    expect(opened).toMatchObject({ asOf: at(72), accounts: ['ana'], ports: [{ port: 8443, reports: 1 }] });
    await hourly.tenant.reports(groupOf(SERVERS[72 % SERVERS.length] ?? ''), [72], 1, ran('bo'));
    await hourly.run(73);
    expect((await detection()).traffic).toEqual(opened);
    for (const hour of hours(74, 97)) {
      await hourly.tenant.reports(groupOf(SERVERS[hour % SERVERS.length] ?? ''), [hour - 1], 12, ran('cy'));
      await hourly.run(hour);
    }
    expect((await detection()).traffic).toMatchObject({ asOf: at(96), accounts: ['cy'] });
  });

  it('is the same after each message once more, and after one that comes late', async () => {
    for (const hour of [71, 72, 73]) await hourly.run(hour);
    const before = await hourly.tenant.stores.detections.get(ID);
    expect(await hourly.run(73)).toEqual([]);
    await hourly.app.scorePartition({ partitions: [], asOf: at(72), newestReport: at(72), processes: true });
    expect(await hourly.tenant.stores.detections.get(ID)).toEqual(before);
  });

  it('counts what it opened, and what is pending', async () => {
    await hourly.run(71);
    await hourly.run(72);
    const job = { partitions: [], asOf: at(72), newestReport: at(72), processes: true };
    expect(await hourly.app.scorePartition(job)).toEqual({
      ...{ asOf: at(72), regularProcesses: 1, listedProcesses: 0, opened: 1, resolved: 0, pending: 0 },
      contextFault: '',
    });
  });

  it('is resolved once one of its addresses matches by itself', async () => {
    for (const hour of [71, 72, 73]) await hourly.run(hour);
    const steady = groupOf('198.90.7.9');
    await hourly.reports(steady, 66, 74, 30);
    // The run at 74 sees the address, and the process view at 75 what that run left.
    await hourly.run(74);
    expect(await detection()).toMatchObject({ state: 'ongoing', lastMatched: at(74) });
    await hourly.run(75);
    expect(await detection()).toMatchObject({ state: 'resolved', asOf: at(75) });
    const row = await hourly.tenant.row(steady);
    expect(row?.detection).toMatchObject({ state: 'ongoing' });
    expect(row?.otherAddresses).toMatchObject({ asOf: at(75) });
    expect(row?.otherAddresses?.remoteIPs.toSorted()).toEqual(SERVERS.toSorted());
    expect(await hourly.app.getDetection(steady.groupId)).toMatchObject({ otherAddresses: { asOf: at(75) } });
  });

  it('is resolved after 72 hours without a match, and not while the exporter is behind', async () => {
    for (const hour of [71, 72, 73]) await hourly.run(hour);
    // The last reports leave the window; other devices show that the exporter is not behind.
    for (let hour = 85; hour <= 205; hour += 12) {
      await hourly.tenant.reports(groupOf('203.0.113.2', { DeviceName: 'ws-2' }), [hour - 1], 3);
      await hourly.run(hour);
    }
    const { lastMatched } = await detection();
    expect(await detection()).toMatchObject({ state: 'ongoing', decision: { runsInARow: 0 } });
    const over = hours(206, 240).find((hour) => lastMatched < at(hour - 72)) ?? 0;
    await hourly.run(over + 6);
    expect(await detection()).toMatchObject({ state: 'ongoing', lastMatched });
    await hourly.tenant.reports(groupOf('203.0.113.2', { DeviceName: 'ws-2' }), [over + 6], 3);
    await hourly.run(over + 7);
    await hourly.run(over + 8);
    expect(await detection()).toMatchObject({ state: 'resolved' });
  });

  it('is hidden by a suppression of device and process, not by one of an address', async () => {
    const { suppressions } = hourly.tenant.stores;
    const entry = { device: 'ws-1', process: 'rot.exe', remote: '', expires: at(1000) };
    await suppressions.insert(suppression({ ...entry, id: 'range', remote: '198.0.0.0/8' }));
    for (const hour of [71, 72]) await hourly.run(hour);
    expect((await detection()).suppressedBy).toBe('');
    await suppressions.insert(suppression({ ...entry, id: 'whole' }));
    expect(await hourly.run(73)).toEqual([]);
    expect(await detection()).toMatchObject({ suppressedBy: 'whole', severity: 'medium', revision: 1 });
    await suppressions.remove('whole');
    expect(await hourly.run(74)).toEqual([ID]);
  });

  it('is decided by the newest run that the context counts, also where a partition has only an older one', async () => {
    for (const hour of [71, 72]) await hourly.run(hour);
    await hourly.files.remove(`partial/${at(72)}/0`);
    expect(await hourly.run(73)).toEqual([ID]);
  });

  it('is a bad row alone: the others go on', async () => {
    const other = { InitiatingProcessFileName: 'other.exe' };
    for (const [n, server] of SERVERS.entries())
      await hourly.tenant.reports(
        groupOf(server, other),
        hours(0, 73).filter((hour) => hour % SERVERS.length === n),
        12,
      );
    for (const hour of [71, 72]) await hourly.run(hour);
    const { detections } = hourly.tenant.stores;
    const get = detections.get.bind(detections);
    detections.get = async (id) => {
      if (id === ID) throw new BadRowError(badRow('Detections', id.slice(0, 1), id, 'Average must be a number'));
      return await get(id);
    };
    expect(await hourly.run(73)).toEqual([processIdOf({ ...KEY, ...other })]);
  });

  it('is recorded during the baseline, and part of its digest', async () => {
    const digests = { above: 5, atMost: 10, listed: 10, baseline: 'one', waitMs: 0 } as const;
    hourly = new Hourly({}, digests);
    await arrive(hourly, 80);
    await hourly.reports(groupOf('198.91.7.9', { DeviceName: 'ws-9' }), 0, 80, 60);
    for (const hour of [71, 72]) expect(await hourly.run(hour)).toEqual([]);
    // This run ends it: what opened before is decided.
    const sent = await hourly.run(73);
    expect(sent).toContain(ID);
    expect(hourly.sent.map(({ digest }) => digest)).toEqual([true]);
    expect(await hourly.run(74)).toEqual([]);
  });

  it('opens nothing without regularity among the DETECTORS', async () => {
    hourly = new Hourly({ BASELINE_HOURS: '0', DETECTORS: 'kql-rule' });
    await arrive(hourly);
    for (const hour of [71, 72, 73]) await hourly.run(hour);
    expect(await row()).toBeNull();
  });
});

describe('AddressLists', () => {
  const steady = groupOf('198.90.7.9');
  const process = (others: readonly string[], matching = [steady.RemoteIP]) =>
    ({ kind: 'listed', ...KEY, groupId: ID, matching, others }) as const;
  const put = async (hour: number, others: readonly string[], matching?: string[]) => {
    const lists = new AddressLists(hourly.tenant.stores, at(hour));
    lists.put(process(others, matching));
    await lists.write();
  };
  const listed = async () => (await hourly.tenant.row(steady))?.otherAddresses;

  it('writes a list that is new or changed, and one of yesterday again', async () => {
    await hourly.tenant.detected(steady);
    await put(1, ['a', 'b']);
    expect(await listed()).toEqual({ asOf: at(1), remoteIPs: ['a', 'b'] });
    await put(2, ['b', 'a']);
    expect(await listed()).toEqual({ asOf: at(1), remoteIPs: ['a', 'b'] });
    await put(3, ['b', 'c']);
    expect(await listed()).toEqual({ asOf: at(3), remoteIPs: ['b', 'c'] });
    await put(26, ['c', 'b']);
    expect(await listed()).toEqual({ asOf: at(3), remoteIPs: ['b', 'c'] });
    await put(27, ['c', 'b']);
    expect(await listed()).toEqual({ asOf: at(27), remoteIPs: ['c', 'b'] });
    // A late run changes nothing, and neither does a process without others.
    await put(5, ['d']);
    await put(28, []);
    expect(await listed()).toEqual({ asOf: at(27), remoteIPs: ['c', 'b'] });
  });

  it('writes nothing where there is no active detection', async () => {
    await put(1, ['a']);
    expect(await hourly.tenant.all()).toEqual([]);
    await hourly.tenant.detected(steady, { state: 'resolved' });
    await put(1, ['a']);
    expect(await listed()).toBeUndefined();
  });

  it('reads by one query, and writes 24 lists an hour at most: new ones first, then what was written longest ago', async () => {
    const groups = Array.from({ length: 30 }, (_, n) => groupOf(`198.90.8.${n + 1}`));
    for (const group of groups) await hourly.tenant.detected(group);
    const requests: string[] = [];
    const noted = <T>(name: string, answer: T): T => {
      requests.push(name);
      return answer;
    };
    const counted = withDetections(hourly.tenant.stores, (base) => ({
      get: (id) => noted('get', base.get(id)),
      activeLists: () => noted('query', base.activeLists()),
      listAddresses: (...args) => noted('write', base.listAddresses(...args)),
    }));
    const run = async (hour: number, of: typeof groups, others: readonly string[]) => {
      requests.length = 0;
      const lists = new AddressLists(counted, at(hour));
      for (const { RemoteIP } of of) lists.put(process(others, [RemoteIP]));
      await lists.write();
      return [requests.length, requests[0], new Set(requests.slice(1))];
    };
    const have = async () =>
      (await Promise.all(groups.map((each) => hourly.tenant.row(each)))).map((each) => each?.otherAddresses?.remoteIPs);
    expect(await run(1, groups, ['a'])).toEqual([25, 'query', new Set(['write'])]);
    const left = (await have()).flatMap((each, n) => (each === undefined ? n : []));
    expect(left).toHaveLength(6);
    expect(await run(2, groups, ['a'])).toEqual([7, 'query', new Set(['write'])]);
    expect(await run(3, groups, ['a'])).toEqual([1, 'query', new Set()]);
    expect(await run(4, [], ['a'])).toEqual([0, undefined, new Set()]);
    // All have changed, hour after hour: the six that were left come before those that were just written.
    await run(4, groups, ['b']);
    await run(5, groups, ['c']);
    const lists = (await have()).map((each) => each?.join());
    expect(left.map((n) => lists[n])).toEqual(left.map(() => 'c'));
    expect(lists.filter((each) => each === 'b')).toHaveLength(6);
  });

  it('keeps what an analyst wrote meanwhile', async () => {
    await hourly.tenant.detected(steady);
    const { stores } = hourly.tenant;
    let isFirst = true;
    const overtaken = withDetections(stores, (base) => ({
      listAddresses: async (id, list, version) => {
        if (isFirst) await recordVerdict(stores, id, { value: 'acknowledged', note: '', who: 'ana' }, () => 7);
        isFirst = false;
        return base.listAddresses(id, list, version);
      },
    }));
    const lists = new AddressLists(overtaken, at(1));
    lists.put(process(['a']));
    await lists.write();
    expect(await hourly.tenant.row(steady)).toMatchObject({
      verdict: { who: 'ana' },
      otherAddresses: { remoteIPs: ['a'] },
    });
  });
});

describe('isOfProcess(detection)', () => {
  it('is not what telemetry names an address `*`', () => {
    expect(isOfProcess({ ...KEY, RemoteIP: '*', groupId: ID })).toBe(true);
    expect(isOfProcess(groupOf('*'))).toBe(false);
    expect(isOfProcess({ ...KEY, RemoteIP: '198.51.100.7', groupId: ID })).toBe(false);
  });
});
