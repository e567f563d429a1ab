import type { Detection } from './detection.ts';
import { type Fact, listFact } from './fact.ts';
import { lolbinOf, lolbinText } from './lolbins.ts';

/** What is known of the program, the most important first. */
export function programFacts(detection: Detection): (Fact | null)[] {
  const { traffic } = detection;
  const lolbin = lolbinOf(detection.InitiatingProcessFileName);
  return [
    lolbin === null ? null : { label: 'LOLBin', value: `attackers use this program (${lolbinText(lolbin)})` },
    listFact('Path', traffic.folderPaths),
    listFact('SHA-1', traffic.sha1),
    listFact('SHA-256', traffic.sha256),
  ];
}
