import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { proposedSuppression } from '../../../../src/core/detections/proposed_suppression.ts';
import { candidateOf, criteriaMatcher } from '../../../../src/core/detections/suppression.ts';
import { synthetic } from '../../../support/detections.ts';
import { tries } from '../../../support/effort.ts';

const NOW = Date.parse('2026-11-20T09:45:12.987Z');
const of = (changes: Parameters<typeof synthetic>[1] = {}) => proposedSuppression(synthetic(NOW, changes));
const NONE = { hash: '', source: '', detector: '' };
const KEY = { device: 'wks-0417.corp.example', process: 'updater.exe', remote: '203.0.113.77' };

describe('proposedSuppression(detection)', () => {
  it('names all three of a detection on one device', () => {
    expect(of()).toEqual({ ...KEY, ...NONE });
  });

  it('names no device where others connect to the address, unless the process has no name', () => {
    expect(of({ devices: 2 })).toEqual({ ...KEY, device: '', ...NONE });
    expect(of({ devices: 2, InitiatingProcessFileName: '' })).toEqual({ ...KEY, process: '', ...NONE });
  });

  it('names the device of a process as a whole, which has no address', () => {
    expect(of({ devices: 5, RemoteIP: '*' })).toEqual({ ...KEY, remote: '', ...NONE });
  });

  it('names the hash of the newest program where the reports that were read have it', () => {
    const [sha1, sha256] = ['cb51e2a277e8cd74530915c7649d55e5cc4eb2eb', 'ab'.repeat(32)];
    const { traffic } = synthetic(NOW);
    const hashOf = (programHash: string | null, files: Partial<typeof traffic>) =>
      of({ programHash, traffic: { ...traffic, sha1: [], sha256: [], ...files } }).hash;
    expect(hashOf('cb51e2a277e8cd74', { sha1: ['x', sha1.toUpperCase()], sha256: [sha256] })).toBe(sha1);
    expect(hashOf('abababababababab', { sha256: [sha256] })).toBe(sha256);
    expect(hashOf('cb51e2a277e8cd75', { sha1: [sha1] })).toBe('');
    expect(hashOf(null, { sha1: [sha1] })).toBe('');
  });

  it('suppresses its detection, whatever the names without a *', () => {
    const name = fc.string({ minLength: 1, maxLength: 30 }).filter((text) => !text.includes('*'));
    fc.assert(
      fc.property(name, name, fc.nat(3), (DeviceName, InitiatingProcessFileName, devices) => {
        const detection = synthetic(NOW, { DeviceName, InitiatingProcessFileName, devices });
        expect(criteriaMatcher(proposedSuppression(detection))(candidateOf(detection))).toBe(true);
      }),
      { numRuns: tries(50, 500) },
    );
  });
});
