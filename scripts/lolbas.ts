/**
 * Compares the LOLBins (src/core/detections/lolbin_list.ts) with a checkout of github.com/LOLBAS-Project/LOLBAS, whose
 * folder is the argument. Ends with 1, and a list, where a program is in neither of our lists, or where LOLBAS gives it
 * another sub-technique.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { LOLBAS_COMMIT, NOT_LOLBINS } from '../src/core/detections/lolbin_list.ts';
import { lolbinNames, lolbinOf } from '../src/core/detections/lolbins.ts';

const [folder = ''] = process.argv.slice(2);
const files = globSync('yml/{OSBinaries,OtherMSBinaries}/*.yml', { cwd: folder }).sort();
if (files.length === 0) throw new Error(`no file in yml/ of "${folder}": the argument must be a checkout of LOLBAS`);

const ours = new Set(lolbinNames());
const notOurs = new Set(Object.values(NOT_LOLBINS).flatMap((names) => names.trim().split(/\s+/)));
const findings = files.flatMap((file) => findingsOf(readFileSync(join(folder, file), 'utf8')));
for (const finding of findings) process.stdout.write(`${finding}\n`);
process.stdout.write(`${files.length} files, ${findings.length} findings; compared last with ${LOLBAS_COMMIT}\n`);
if (findings.length > 0) process.exitCode = 1;

function findingsOf(text: string): string[] {
  const { Name, Commands } = parse(text) as { Name: string; Commands?: readonly { MitreID?: string }[] };
  const name = Name.toLowerCase().replace(/\.exe$/, '');
  const ids = [...new Set((Commands ?? []).flatMap(({ MitreID }) => (MitreID === undefined ? [] : [MitreID])))];
  if (notOurs.has(name)) return [];
  const lolbin = ours.has(name) ? lolbinOf(name) : null;
  if (lolbin === null) return [`${name}: in neither list (${ids.join(', ')})`];
  const same = ids.filter((id) => familyOf(id) === familyOf(lolbin.technique));
  const differs = same.length > 0 && !same.includes(lolbin.technique);
  return differs ? [`${name}: ${lolbin.technique} here, ${same.join(', ')} in LOLBAS`] : [];
}

function familyOf(technique: string): string {
  return technique.split('.')[0] ?? '';
}
