import { sessionCondition, viewConditions } from '../../core/detections/conditions.ts';
import { HOUR_MS } from '../../core/kql/timespan.ts';
import { timestampFromMs } from '../../core/kql/timestamp.ts';
import { MIN_REPORTS } from '../../core/regularity/assessment.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { counted, groupedText } from '../../core/text/numbers.ts';
import type { ExplainedProcess, ExplainedRegularity, GroupExplanation } from '../../scoring/explanation.ts';
import type { OfflineDetections } from '../../scoring/offline_detection.ts';
import { MAX_ADDRESSES } from '../../scoring/process_rows.ts';
import { ALL_CONDITIONS, conditionsText, ONE_VIEW, PROCESS_CONDITIONS } from './conditions.ts';
import { minute, secondsText } from './number_text.ts';

const WIDEST_NAME = 120;

interface Explained {
  /** Whether the window has a report. */
  readonly hasReports: boolean;
  /** Whether the KQL rule is applied. */
  readonly hasRule: boolean;
}

/** Why groups are detections or not: each condition, with the number that it needs. */
export function explanationsText(
  { explained, fleet }: Pick<OfflineDetections, 'explained' | 'fleet'>,
  { hasReports, hasRule }: Explained,
): string {
  if (!hasReports) return 'No report in the window: nothing was scored.\n';
  if (explained === null || explained.total === 0) return 'No group in the window fits.\n';
  const { first, total } = explained;
  const texts = first.map((each) => explanationText(each, fleet, hasRule));
  const rest = total - first.length;
  if (rest > 0) texts.push(`${groupedText(rest)} more: name them with --device, --process and --remote.\n`);
  return texts.join('\n');
}

function explanationText(each: GroupExplanation, fleet: OfflineDetections['fleet'], hasRule: boolean): string {
  const [device, process, remote] = [each.DeviceName, each.InitiatingProcessFileName, each.RemoteIP].map((name) =>
    escapeForDisplay(name, WIDEST_NAME),
  );
  const { detection, regularity } = each;
  const severity =
    detection === null ? 'none: no detector matches' : `${detection.severity}: ${detection.severityReason}`;
  const isCommon = regularity?.kind === 'group' && regularity.regularDevices > fleet.many;
  return [
    `${process} on ${device} to ${remote} (${each.source})\n`,
    `  severity    ${detection === null && isCommon ? 'none: common, as below' : escapeForDisplay(severity, 1000)}\n`,
    hasRule && regularity?.kind !== 'process' ? ruleText(each) : '',
    regularityText(regularity, fleet),
  ].join('');
}

function ruleText({ rule }: GroupExplanation): string {
  if (rule === null)
    return '  kql-rule    not applied: the address is out of its scope, or no report is in its window\n';
  const matches = rule.every(({ isMet }) => isMet);
  return `  kql-rule    ${matches ? 'matches' : 'does not match'}: ${ALL_CONDITIONS}\n${conditionsText(rule)}`;
}

function regularityText(regularity: GroupExplanation['regularity'], fleet: OfflineDetections['fleet']): string {
  if (regularity === null)
    return '  regularity  not applied: the address is out of its scope, or no report is in its window\n';
  return regularity.kind === 'process' ? processText(regularity, fleet) : groupText(regularity, fleet);
}

function groupText(each: ExplainedRegularity, fleet: OfflineDetections['fleet']): string {
  const { assessment, reports, unmeasured } = each;
  const { match } = fleet.settings.thresholds;
  if (!assessment.measured && assessment.reason === 'too-few-reports')
    return `  regularity  not measured: ${counted(reports, 'report')} with a connection (needs at least ${MIN_REPORTS})\n`;
  const views = viewConditions(assessment.measured ? assessment.measuredViews : [], match, unmeasured);
  const session = assessment.measured ? [sessionCondition(assessment.session, fleet.unit)] : [];
  return [
    `  regularity  ${headOf(assessment, fleet)}: ${ONE_VIEW}\n`,
    conditionsText([...views, ...session]),
    ...contextLines(each, fleet),
  ].join('');
}

function headOf(assessment: ExplainedRegularity['assessment'], { settings, unit }: OfflineDetections['fleet']): string {
  if (!assessment.measured) return 'not measured';
  const { regularity, way, interval, hours, active_hours } = assessment;
  const found = way === null ? 'does not match' : `matches by ${way}`;
  return `${found}, score ${regularity.toFixed(3)} (needs ${settings.thresholds.match}), every ${secondsText(interval)}, ${active_hours} of ${hours} ${unit}s`;
}

function contextLines(
  each: ExplainedRegularity,
  { devices, few, many, unit, settings }: OfflineDetections['fleet'],
): string[] {
  const { onHours, network, users, regularDevices } = each;
  const regular = regularDevices > many ? `more than ${many} devices` : counted(regularDevices, 'device');
  const on = onHours === null ? 'not known: silence counts as 0' : `other groups report in ${counted(onHours, unit)}`;
  return [
    `  device on   ${on}\n`,
    `  fleet       ${counted(devices, 'device')}: up to ${few} is rare, more than ${many} common\n`,
    `  regular     ${regular} with this address, or with this process in ${network}\n`,
    `  used by     ${users > 3 ? 'more than 3 devices' : counted(users, 'device')} with this process in ${network}; up to ${few} for the process view\n`,
    `  new         ${newText(each, settings.newDays)}\n`,
  ];
}

function newText({ isNew, firstHour, observedSince }: ExplainedRegularity, newDays: number): string {
  const first = `first seen ${hourText(firstHour)}, the fleet since ${hourText(observedSince)}`;
  return `${isNew ? 'yes' : 'no'}: ${first} (needs: less than ${counted(newDays, 'day')} ago, and a day after the fleet)`;
}

function hourText(hour: number | null): string {
  return hour === null ? 'unknown' : minute(timestampFromMs(hour * HOUR_MS));
}

function processText(
  { conditions, score, addresses, isCut }: ExplainedProcess,
  { settings }: OfflineDetections['fleet'],
): string {
  // A process with more addresses is not judged.
  if (isCut) return `  process     not summed: more than ${groupedText(MAX_ADDRESSES)} rare addresses\n`;
  const sum = `${groupedText(addresses)} rare ${addresses === 1 ? 'address' : 'addresses'}`;
  const scored = score === null ? '' : `, score ${score.toFixed(3)} (needs ${settings.thresholds.match})`;
  return `  process     sum of ${sum}${scored}: ${PROCESS_CONDITIONS}\n${conditionsText(conditions)}`;
}
