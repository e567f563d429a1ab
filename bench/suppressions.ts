/** The CPU time of 1,000 suppressions over 1,000 detections, the maximum of a partition: `npm run bench:suppressions`. */
import { type Suppression, suppressionMatcher } from '../src/core/detections/suppression.ts';
import type { Timestamp } from '../src/core/kql/timestamp.ts';

const ENTRIES = 1000;
const DETECTIONS = 1000;
const LIMIT_MS = 200;
const NOW = '2026-11-20T12:00:00.0000000Z' as Timestamp;
const LATER = '2026-12-20T12:00:00.0000000Z' as Timestamp;

const entries = Array.from(
  { length: ENTRIES },
  (_, n): Suppression => ({
    ...{ id: `s-${n}`, device: '', process: '', hash: '', source: '', detector: '', owner: 'soc', reason: 'bench' },
    remote: n % 2 === 0 ? `198.51.${n % 256}.0/24` : `2001:db8:${n.toString(16)}::/48`,
    ...{ createdAt: NOW, expires: LATER },
  }),
);
const started = process.cpuUsage();
const entryOf = suppressionMatcher(entries, NOW);
let hits = 0;
for (let n = 0; n < DETECTIONS; n++) {
  const RemoteIP = n % 2 === 0 ? `203.0.113.${n % 256}` : `2001:db9::${n.toString(16)}`;
  const names = { DeviceName: `wks-${n}`, InitiatingProcessFileName: 'updater.exe', programHash: null };
  if (entryOf({ ...names, RemoteIP, source: 'defender', assessments: { 'kql-rule': {}, regularity: null } })) hits++;
}
const { user, system } = process.cpuUsage(started);
const ms = (user + system) / 1000;
process.stdout.write(
  `${ENTRIES} suppressions, ${DETECTIONS} detections, ${hits} hits: ${ms.toFixed(1)} ms of CPU (limit ${LIMIT_MS})\n`,
);
if (ms > LIMIT_MS) process.exitCode = 1;
