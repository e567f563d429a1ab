import fc from 'fast-check';
import { expect, it } from 'vitest';
import { deviceHashOf } from '../../../../src/core/regularity/device_hash.ts';
import { HourTable } from '../../../../src/core/regularity/hour_table.ts';
import { RecentDevices } from '../../../../src/scoring/context/recent_devices.ts';

it('RecentDevices finds what the tables have, however devices share a place', () => {
  // The same length and the same characters in the middle: one place.
  const name = fc.oneof(
    fc.string(),
    fc.nat(9).map((n) => `wks-0417.corp.example${n}`),
    fc.constantFrom('', 'ws-1', 'ws-2'),
  );
  const looked = fc.array(fc.tuple(name, fc.nat(4)), { maxLength: 60 });
  fc.assert(
    fc.property(looked, fc.array(fc.tuple(name, fc.nat(4))), (all, before) => {
      const [hours, hoursBefore, twin] = [new HourTable(500), new HourTable(499), new HourTable(500)];
      for (const [device, source] of before) hoursBefore.slotOf(deviceHashOf(device), source);
      const devices = new RecentDevices(hours, hoursBefore);
      for (const [device, source] of [...all, ...all.toReversed()]) {
        devices.lookUp(device, source);
        const hash = deviceHashOf(device);
        expect([devices.hash, devices.slot]).toEqual([hash, twin.slotOf(hash, source)]);
        expect(devices.slotBefore).toBe(hoursBefore.find(hash, source));
      }
    }),
  );
});
