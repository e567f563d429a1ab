import { expect, it } from 'vitest';
import { noHours } from '../../../../src/core/regularity/hour_bits.ts';
import { SOURCES_OF_DEVICE } from '../../../../src/core/regularity/hour_table.ts';
import { PairTable } from '../../../../src/core/regularity/pair_table.ts';
import { type GroupedProcess, ProcessReader } from '../../../../src/scoring/context/process_codec.ts';
import { ProcessGroups } from '../../../../src/scoring/context/process_groups.ts';

const REPORTS = { seconds: [3_600], counts: [1], length: 1, hours: noHours(), firstHour: 0 };

function processesOf(reader: ProcessReader): GroupedProcess[] {
  const found: GroupedProcess[] = [];
  for (let next = reader.next(); next !== null; next = reader.next()) found.push(next);
  return found;
}

it('ProcessGroups keeps names apart that share a hash', () => {
  const pairs = new PairTable();
  const groups = new ProcessGroups(pairs);
  const slot = pairs.add(1, 0);
  const hashes = { device: 7 * SOURCES_OF_DEVICE, process: 9 };
  const names = ['ws-1', 'ws-2', 'ws-3', 'ws-1', 'ws-3', 'ws-2'];
  for (const [n, DeviceName] of names.entries()) {
    const key = {
      source: 'defender',
      DeviceName,
      InitiatingProcessFileName: `a${n % 2}.exe`,
      RemoteIP: `198.51.100.${n}`,
    };
    groups.add({ ...key, source: 'defender' }, hashes, false, REPORTS, slot);
  }
  const wanted = { has: () => true, first: 0, last: 10_000 };
  const found = groups.sections().flatMap((section) => processesOf(new ProcessReader(section, wanted)));
  const listed = found.flatMap(({ DeviceName, InitiatingProcessFileName, groups: of }) =>
    of.map(({ RemoteIP }) => `${DeviceName} ${InitiatingProcessFileName} ${RemoteIP}`),
  );
  expect(listed.toSorted()).toEqual(names.map((name, n) => `${name} a${n % 2}.exe 198.51.100.${n}`).toSorted());
});
