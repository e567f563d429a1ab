import { HOUR_MS } from '../kql/timespan.ts';
import { msOf } from '../kql/timestamp.ts';
import { REGULARITY_DAYS } from '../regularity/time_bin.ts';
import { isAtStart } from '../scoring/hours.ts';
import { windowOf } from '../scoring/window.ts';
import { counted } from '../text/numbers.ts';
import { ANY_REMOTE } from './assessments.ts';
import { type Detection, MAX_EPISODES, type Severity } from './detection.ts';
import { type Fact, listFact } from './fact.ts';
import { figuresOf } from './figures.ts';
import { headlineOf, TEST_GROUP_ID } from './headline.ts';
import { defenderQuery, sentinelQuery } from './hunting_queries.ts';
import { knownPartOf } from './known.ts';
import { withoutLolbin } from './lolbins.ts';
import { neighbourFact } from './neighbours.ts';
import { ownerText } from './owner.ts';
import { activityPicture, type Picture } from './picture.ts';
import { hashFacts, programFacts } from './program_facts.ts';
import { minuteText, type SentencePart, sentenceOf } from './sentence.ts';
import { isOfRuleSigns } from './severity.ts';

/**
 * The content of a notification about one detection, in order of importance. Labels, headline and figures are fixed; every
 * other text may come unescaped from the telemetry. Each sink format escapes it in its own way.
 */
export interface Message {
  /** Id of the detection. */
  readonly id: string;
  /** Stands alone on a lock screen. */
  readonly headline: string;
  readonly severity: Severity;
  readonly sentence: readonly SentencePart[];
  readonly figures: readonly Fact[];
  readonly picture: Picture;
  /** What the program is, and its neighbours; the most important first. */
  readonly facts: readonly Fact[];
  /** The query for the portal that has the detection's telemetry. */
  readonly query: { readonly portal: 'Defender' | 'Sentinel'; readonly text: string };
  /** To type; they hold no text of the telemetry. */
  readonly commands: { readonly show: string; readonly mark: string; readonly suppress: string };
}

export function messageOf(detection: Detection): Message {
  return {
    id: detection.groupId,
    headline: headlineOf(detection),
    severity: detection.severity,
    sentence: sentenceOf(detection),
    figures: figuresOf(detection),
    picture: activityPicture(detection),
    facts: factsOf(detection),
    query: queryOf(detection),
    commands: commandsOf(detection.groupId),
  };
}

function commandsOf(id: string): Message['commands'] {
  return {
    show: `beaconwatch detections show ${id}`,
    mark: `beaconwatch detections mark ${id} --as true-positive`,
    suppress: `beaconwatch suppress add --from ${id} --reason 'why'`,
  };
}

function queryOf(detection: Detection): Message['query'] {
  switch (detection.source) {
    case 'defender':
    case 'defender-raw':
    case 'zeek':
      return { portal: 'Defender', text: defenderQuery(detection) };
    case 'sysmon':
    case 'wfp':
      return { portal: 'Sentinel', text: sentinelQuery(detection) };
  }
}

function factsOf(detection: Detection): Fact[] {
  const { traffic, otherProcesses, revisionReason, technique } = detection;
  const facts: (Fact | null)[] = [
    revisionReason === '' ? null : { label: 'Changed', value: revisionReason },
    knownOf(detection),
    whyOf(detection),
    detection.owner === undefined ? null : { label: 'Owner of the address', value: ownerText(detection.owner) },
    { label: 'First seen', value: firstSeenOf(detection) + lastSeenOf(detection) },
    ...programFacts(detection),
    neighbourFact(detection),
    ...hashFacts(detection),
    listFact('URL', traffic.urls),
    remotesOf(detection),
    portsOf(detection),
    listFact('Other processes there', otherProcesses),
    technique === null ? null : { label: 'Technique', value: `${technique.id} ${technique.name}`.trim() },
  ];
  return facts.filter((fact) => fact !== null);
}

/** What the file of the operator says. */
function knownOf({ severityReason, known }: Detection): Fact | null {
  const part = knownPartOf(severityReason, known);
  return part && { label: part.label, value: part.value };
}

/** The signs of the KQL rule repeat the figures, except where they say why something is `low`. */
function whyOf({ groupId, assessments, severity, known, InitiatingProcessFileName, ...rest }: Detection): Fact | null {
  const severityReason = knownPartOf(rest.severityReason, known)?.rest ?? rest.severityReason;
  if (groupId === TEST_GROUP_ID) return { label: 'Test', value: severityReason };
  const value = withoutLolbin(severityReason, InitiatingProcessFileName);
  if (severity !== 'low' && (assessments.regularity === null || isOfRuleSigns(value))) return null;
  return { label: `Why ${severity}`, value };
}

/** Several ports; one is part of the sentence. */
function portsOf({ traffic: { ports }, RemoteIP }: Detection): Fact | null {
  if (ports.length < 2 && RemoteIP !== ANY_REMOTE) return null;
  return listFact(
    'Ports',
    ports.map(({ port }) => String(port)),
  );
}

const MOST_REMOTES = 5;

function remotesOf({ RemoteIP, assessments }: Detection): Fact | null {
  return RemoteIP === ANY_REMOTE
    ? listFact('Addresses, such as', (assessments.regularity?.remoteIPs ?? []).slice(0, MOST_REMOTES))
    : null;
}

function firstSeenOf({ FirstConnection, episodes, lastMatched, assessments }: Detection): string {
  const isCut = isAtStart(FirstConnection, windowOf(lastMatched, lookbackDaysOf(assessments)));
  const [oldest] = episodes;
  // Of a group that comes and goes the oldest episodes are not kept.
  const isFirst = episodes.length < MAX_EPISODES ? '' : ' or before';
  const before =
    oldest === undefined
      ? ''
      : `; first found ${minuteText(oldest.episode)}${isFirst} (${counted(episodes.length, 'earlier episode')})`;
  return `${isCut ? 'at or before ' : ''}${minuteText(FirstConnection)}${before}`;
}

/** Of a beacon that has stopped but is not over yet: the present tense of the sentence alone would mislead. */
function lastSeenOf({ state, LastConnection, lastMatched }: Detection): string {
  const hasStopped = msOf(lastMatched) - msOf(LastConnection) > QUIET_MS;
  return state !== 'resolved' && hasStopped ? `; last seen in the hour from ${minuteText(LastConnection)}` : '';
}

/** An hour is reported within the next one. */
const QUIET_MS = 3 * HOUR_MS;

/** The length of the window behind a detection's numbers. */
export function lookbackDaysOf({ 'kql-rule': rule }: Detection['assessments']): number {
  return rule?.evidence.thresholds.lookbackDays ?? REGULARITY_DAYS;
}
