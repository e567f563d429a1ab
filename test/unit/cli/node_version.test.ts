import { expect, it } from 'vitest';
import { nodeFault } from '../../../src/cli/node_version.ts';

it.each([
  ['20.20.2', '>=22.12', 'Beaconwatch needs Node 22.12 or later; this is Node 20.20.2.'],
  ['22.11.9', '>=22.12', 'Beaconwatch needs Node 22.12 or later; this is Node 22.11.9.'],
  ['22.12.0', '>=22.12', null],
  ['23.0.0', '>=22.12', null],
  ['24.1.0', '>=22.12', null],
  ['100.0.0', '>=22.12', null],
])('nodeFault(%j, %j) is %j', (running, engines, fault) => {
  expect(nodeFault(running, engines)).toBe(fault);
});
