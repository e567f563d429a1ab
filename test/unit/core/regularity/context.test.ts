import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { DeviceHours } from '../../../../src/core/regularity/device_hours.ts';
import { manyDevicesOf } from '../../../../src/core/regularity/fleet_limits.ts';
import { RegularDevices } from '../../../../src/core/regularity/regular_devices.ts';

describe('DeviceHours', () => {
  const group = (DeviceName: string, hours: readonly number[], source = 'defender') => ({
    source,
    DeviceName,
    hours: new Set(hours),
  });

  it('gives the hours in which another group of the device reported', () => {
    const devices = new DeviceHours(100, 172);
    const first = group('a', [100, 101, 172]);
    const second = group('a', [101, 102]);
    for (const each of [first, second, group('b', [150])]) devices.add(each);
    expect(devices.onBeside(first)).toEqual(new Set([101, 102]));
    expect(devices.onBeside(second)).toEqual(new Set([100, 101, 172]));
    expect(devices.devices).toBe(2);
  });

  it('keeps an hour of 256 groups for each of them', () => {
    const devices = new DeviceHours(100, 172);
    for (let i = 0; i < 256; i++) devices.add(group('a', [120]));
    expect(devices.onBeside(group('a', [120]))).toEqual(new Set([120]));
  });

  it('lets no source vouch for another one: both can hold the same connections', () => {
    const devices = new DeviceHours(100, 172);
    const defender = group('a', [100, 101]);
    devices.add(defender);
    devices.add(group('a', [100, 101], 'sysmon'));
    expect(devices.onBeside(defender)).toEqual(new Set());
    expect(devices.devices).toBe(1);
  });

  it('does not know devices above the limit', () => {
    const devices = new DeviceHours(100, 172, 1);
    for (const name of ['a', 'b']) devices.add(group(name, [100]));
    expect([devices.devices, devices.onBeside(group('b', [100]))]).toEqual([1, null]);
    expect(devices.onBeside(group('a', []))).toEqual(new Set([100]));
  });

  it('knows each of many devices by its sources and hours, as a map of sets does', () => {
    const devices = new DeviceHours(100, 172);
    const slow = new Map<string, Set<number>>();
    const sources = ['defender', 'sysmon', 'zeek'];
    for (let n = 0; n < 4_000; n++) {
      // Of many devices a source has none, also of the first ones.
      const source = sources[n < 3_000 ? 0 : 1 + (n % 2)] as string;
      const hours = [100 + (n % 73), 100 + ((7 * n) % 73)];
      const name = `d${n % 3_500}`;
      devices.add(group(name, hours, source));
      slow.set(`${source} ${name}`, new Set([...(slow.get(`${source} ${name}`) ?? []), ...hours]));
    }
    expect(devices.devices).toBe(3_500);
    const text = (hours: ReadonlySet<number> | null | undefined) => hours && [...hours].toSorted().join();
    for (const source of sources) {
      const names = Array.from({ length: 3_600 }, (_, n) => `d${n}`);
      expect(names.map((DeviceName) => text(devices.onOf({ source, DeviceName })) ?? 'unknown')).toEqual(
        names.map((name) => text(slow.get(`${source} ${name}`)) ?? 'unknown'),
      );
    }
  });
});

it('DeviceHours takes 0.2 KB for each device at most', () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const names = Array.from({ length: 20_000 }, (_, n) => `wks-${n}`);
  const hours = new Set([120]);
  const used = () => {
    gc();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const devices = new DeviceHours(100, 172);
  const before = used();
  for (const DeviceName of names) devices.add({ source: 'defender', DeviceName, hours });
  const each = (used() - before) / names.length;
  expect(each).toBeLessThan(200);
  expect(devices.devices).toBe(names.length);
});

describe('RegularDevices', () => {
  const place = (DeviceName: string, address: string, InitiatingProcessFileName = 'a.exe') => ({
    DeviceName,
    InitiatingProcessFileName,
    address,
    network: '198.51.0.0/16',
  });

  it('is the larger of the devices of the address, and of the process in the network', () => {
    const regular = new RegularDevices(9);
    const places = [
      place('d1', '198.51.1.1'),
      place('d1', '198.51.1.2'),
      place('d2', '198.51.1.1'),
      place('d3', '198.51.1.3'),
      place('d4', '198.51.1.1', 'b.exe'),
      place('d5', '198.51.1.1', 'b.exe'),
      place('d6', '198.51.1.1', 'b.exe'),
      place('d7', '198.51.9.9', 'c.exe'),
    ];
    for (const each of places) regular.add(each);
    // a.exe is regular on d1, d2 and d3; 198.51.1.1 has d1, d2, d4, d5 and d6.
    expect(places.map((each) => regular.of(each))).toEqual([5, 3, 5, 3, 5, 5, 5, 1]);
  });

  it('counts no further than it was asked to', () => {
    const regular = new RegularDevices(2);
    for (const name of ['a', 'b', 'c']) regular.add(place(name, '198.51.1.1'));
    expect(regular.of(place('a', '198.51.1.1'))).toBe(2);
  });
});

describe('manyDevicesOf(devices)', () => {
  it('is a twentieth, at least 10', () => {
    expect([1, 200, 219, 220, 5_000].map(manyDevicesOf)).toEqual([10, 10, 10, 11, 250]);
  });
});
