import type { Detection, Traffic } from './detection.ts';
import { type Fact, listFact } from './fact.ts';
import { lolbinOf, lolbinText } from './lolbins.ts';

/** What is known of the program, the most important first. */
export function programFacts(detection: Detection): (Fact | null)[] {
  const { traffic } = detection;
  const lolbin = lolbinOf(detection.InitiatingProcessFileName);
  return [
    lolbin === null ? null : { label: 'LOLBin', value: `attackers use this program (${lolbinText(lolbin)})` },
    listFact('Path', traffic.folderPaths),
    listFact('Command line', commandLines(detection)),
    listFact('Parent', traffic.parents),
    listFact('File', fileTexts(detection)),
    listFact('Account', accountTexts(traffic)),
  ];
}

export function hashFacts({ traffic }: Detection): (Fact | null)[] {
  return [listFact('SHA-1', traffic.sha1), listFact('SHA-256', traffic.sha256)];
}

/** The newest, unless it is the program alone, which the message has already. */
function commandLines({ InitiatingProcessFileName, traffic }: Detection): readonly string[] {
  const [newest] = traffic.commandLines;
  const program = newest?.replaceAll('"', '').trim().toLowerCase();
  const isAlone = [InitiatingProcessFileName, ...traffic.folderPaths].some((known) => known.toLowerCase() === program);
  return newest === undefined || isAlone ? [] : [newest];
}

/**
 * `Acme Updater 2.4.1.0, by Acme Ltd`: the newest of each, as the file says of itself. Programs of vendors name a company, so that
 * none is worth a word where the telemetry would have it.
 */
function fileTexts({ source, traffic }: Detection): string[] {
  const { products, versions, companies, commandLines, parents } = traffic;
  const [company] = companies;
  const known = [products[0], versions[0]].filter((text) => text !== undefined).join(' ');
  const isDefender = source === 'defender' || source === 'defender-raw';
  const hasFacts = commandLines.length > 0 || parents.length > 0 || known !== '';
  const by = company === undefined ? (isDefender && hasFacts ? ['names no company'] : []) : [`by ${company}`];
  return [...(known === '' ? [] : [known]), ...by];
}

/** `kim@corp.example`, `domain corp`, `integrity Medium`: what the name alone does not say. */
function accountTexts({ upns: [upn], domains: [domain], integrityLevels: [integrity] }: Traffic): string[] {
  return [
    ...(upn === undefined ? [] : [upn]),
    ...(domain === undefined ? [] : [`domain ${domain}`]),
    ...(integrity === undefined ? [] : [`integrity ${integrity}`]),
  ];
}
