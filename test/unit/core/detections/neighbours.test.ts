import { describe, expect, it } from 'vitest';
import { type NeighbourKey, neighbourFact, neighboursIn } from '../../../../src/core/detections/neighbours.ts';

let number = 0;
function key(changes: Partial<NeighbourKey>): NeighbourKey {
  const groupId = (++number).toString(16).padStart(32, '0');
  const names = { DeviceName: `wks-${number}`, InitiatingProcessFileName: `p${number}.exe` };
  return { groupId, ...names, RemoteIP: `203.0.113.${number}`, severity: 'medium', ...changes };
}

const own = key({ DeviceName: 'wks-own', InitiatingProcessFileName: 'a.exe', RemoteIP: '198.51.100.7' });
const ids = (found: readonly NeighbourKey[]) => found.map(({ groupId }) => groupId);

describe('neighboursIn(open)', () => {
  it('lists others by device, address and process, each once, the most severe first', () => {
    const low = key({ DeviceName: 'wks-own', severity: 'low' });
    const both = key({ DeviceName: 'wks-own', RemoteIP: '198.51.100.7', severity: 'high' });
    const address = key({ RemoteIP: '198.51.100.7', InitiatingProcessFileName: 'a.exe' });
    const process = key({ InitiatingProcessFileName: 'a.exe' });
    const { sameDevice, sameAddress, sameProcess } = neighboursIn([low, own, key({}), process, both, address])(own);
    expect(ids(sameDevice)).toEqual(ids([both, low]));
    expect(ids(sameAddress)).toEqual(ids([address]));
    expect(ids(sameProcess)).toEqual(ids([process]));
  });

  it('takes no name, and many addresses, for nothing in common', () => {
    const nameless = { DeviceName: '', InitiatingProcessFileName: '', RemoteIP: '*' };
    const [one, other] = [key(nameless), key(nameless)];
    expect(neighboursIn([one, other])(one)).toEqual({ sameDevice: [], sameAddress: [], sameProcess: [] });
  });
});

describe('neighbourFact(detection)', () => {
  const factOf = (...open: readonly NeighbourKey[]) =>
    neighbourFact({ neighbours: neighboursIn([own, ...open])(own) })?.value ?? null;

  it('names the most severe one of the device', () => {
    const high = key({ DeviceName: 'wks-own', InitiatingProcessFileName: '', RemoteIP: '*', severity: 'high' });
    const rundll = key({ DeviceName: 'wks-own', InitiatingProcessFileName: 'rundll32.exe', RemoteIP: '192.0.2.1' });
    expect(factOf(rundll)).toBe('1 more on this device, medium rundll32.exe to 192.0.2.1');
    expect(factOf(rundll, high)).toBe('2 more on this device, such as high (no process name) to many addresses');
  });

  it('counts devices, not detections, of the address and of the process', () => {
    const [a, b] = [
      key({ RemoteIP: '198.51.100.7', DeviceName: 'x' }),
      key({ RemoteIP: '198.51.100.7', DeviceName: 'x' }),
    ];
    expect(factOf(a, b)).toBe('2 to this address from 1 other device');
    const c = key({ InitiatingProcessFileName: 'a.exe' });
    expect(factOf(a, c)).toBe('1 to this address from 1 other device; 1 of this process on 1 other device');
  });

  it('is null where there are none, or none were read', () => {
    expect([factOf(), factOf(key({})), neighbourFact({})]).toEqual([null, null, null]);
  });
});
