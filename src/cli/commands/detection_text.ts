import { detectorsOf, type RegularAssessment, type RuleAssessment } from '../../core/detections/assessments.ts';
import { isRaisedByOutliers } from '../../core/detections/interval.ts';
import { lolbinOf, lolbinText } from '../../core/detections/lolbins.ts';
import { lookbackDaysOf } from '../../core/detections/message.ts';
import { processOf, remoteOf } from '../../core/detections/names.ts';
import { ownerText } from '../../core/detections/owner.ts';
import { activityPicture, pictureText } from '../../core/detections/picture.ts';
import { rateUnit } from '../../core/detections/rate_unit.ts';
import { regularPaceOf, regularReasonOf } from '../../core/detections/regular_text.ts';
import { type OmittedOption, suppressCommand } from '../../core/detections/suppress_command.ts';
import { isAtStart } from '../../core/scoring/hours.ts';
import { windowOf } from '../../core/scoring/window.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { counted, groupedText, rateText } from '../../core/text/numbers.ts';
import type { DetectionDetail } from '../../detections/get_detection.ts';
import { COMMAND_NAME } from '../command_name.ts';
import { minute, rounded, secondsText } from '../output/number_text.ts';

const LABEL_WIDTH = 15;

/** A detection for a person, in the order of an analyst's questions. Every text of the telemetry is escaped. */
export function detectionText(detection: DetectionDetail): string {
  const lines = [
    ...headLines(detection),
    ...seriesLines(detection),
    ...trafficLines(detection),
    ...stateLines(detection),
    ...nextLines(detection),
  ];
  return `${lines.join('\n')}\n`;
}

type Line = readonly [label: string, text: string];

/** Lines with their labels; a line without a text is omitted. */
function labelled(lines: readonly Line[]): string[] {
  return lines.filter(([, text]) => text !== '').map(([label, text]) => `${label.padEnd(LABEL_WIDTH)} ${text}`);
}

function headLines(each: DetectionDetail): string[] {
  const process = escapeForDisplay(processOf(each));
  const lolbin = lolbinOf(each.InitiatingProcessFileName);
  const technique =
    each.technique === null ? '' : `, technique ${escapeForDisplay(`${each.technique.id} ${each.technique.name}`)}`;
  return labelled([
    ['detection', each.id],
    ['beacon', `${process} on ${escapeForDisplay(each.DeviceName)} to ${escapeForDisplay(remoteOf(each))}`],
    ['severity', `${each.severity}: ${escapeForDisplay(each.severityReason, 500)}`],
    ['LOLBin', lolbin === null ? '' : `attackers use this program (${lolbinText(lolbin)})`],
    ['ATT&CK', `Command and Control (TA0011)${technique}`],
    ['detectors', `${detectorsOf(each).join(', ')}; source ${each.source}`],
  ]);
}

function seriesLines(each: DetectionDetail): string[] {
  const { hours, assessments } = each;
  const window = windowOf(each.lastMatched, lookbackDaysOf(assessments));
  const seen = isAtStart(each.FirstConnection, window)
    ? `since the window began (${minute(each.FirstConnection)}) or before, last ${minute(each.LastConnection)}`
    : `${minute(each.FirstConnection)} to ${minute(each.LastConnection)}`;
  return labelled([
    ['hours', `connections in each of the last ${each.hours.length} up to ${minute(window.asOf)} UTC, 24 in a line:`],
    ...pictureText(activityPicture(each))
      .split('\n')
      .map((line): Line => ['', line]),
    ['seen', `${seen} UTC, in ${hours.filter((count) => count !== null).length} of these hours`],
    ...ruleLines(assessments['kql-rule']),
    ...regularLines(assessments.regularity),
  ]);
}

function ruleLines(rule: RuleAssessment | null): Line[] {
  if (rule === null) return [];
  const { evidence, interval } = rule;
  const { thresholds } = evidence;
  const points = rule.inliner_count + rule.outlier_count;
  return [
    ['kql-rule', `last match ${minute(rule.lastMatched)} UTC, ${rule.count_of_hours} hours with reports`],
    [
      'average',
      `${rateText(rule.average)} connections ${rateUnit(evidence.grain)} (threshold ${thresholds.minAverage})`,
    ],
    [
      'inliers',
      `${rule.inliner_count} of ${points} points within the expected range (minimum ` +
        `${rounded(thresholds.minUniform)}, anomaly threshold ${thresholds.anomalyThreshold})`,
    ],
    [
      'interval',
      interval === null
        ? ''
        : `${secondsText(interval.seconds)} ± ${secondsText(interval.deviation)} within the expected range` +
          (isRaisedByOutliers(rule) ? '; outliers raise the average above the threshold' : ''),
    ],
    ['spread', `${rounded(rule.spread)} (standard deviation of the inliers / mean; 0: no variation)`],
    ['season', evidence.period === 0 ? '' : `${evidence.period} points`],
    ['omitted', evidence.omitted === 0 ? '' : `${groupedText(evidence.omitted)} older points`],
  ];
}

function regularLines(regular: RegularAssessment | null): Line[] {
  if (regular === null) return [];
  return [
    ['regularity', `last match ${minute(regular.lastMatched)} UTC, by ${regular.way}`],
    ['rhythm', regularPaceOf(regular)],
    ['score', regularReasonOf(regular)],
    ['regular devices', groupedText(regular.regularDevices)],
    ['addresses', regular.way === 'process' ? regular.remoteIPs.map((ip) => escapeForDisplay(ip)).join(', ') : ''],
  ];
}

function trafficLines({ traffic, ...each }: DetectionDetail): string[] {
  const ports = traffic.ports.map(({ port, reports }) => `${port} (${reports} reports)`).join(', ');
  const list = (texts: readonly string[]) => texts.map((text) => escapeForDisplay(text, 120)).join(', ');
  return labelled([
    ['owner', each.owner === undefined ? '' : escapeForDisplay(ownerText(each.owner), 250)],
    ['devices', `${groupedText(each.devices)} with connections to the address`],
    ['other processes', list(each.otherProcesses)],
    ['other addresses', list(each.otherAddresses?.remoteIPs ?? [])],
    ['ports', ports],
    ['outcome', outcomeText(traffic)],
    ['local address', list(traffic.localIPs)],
    ['path', list(traffic.folderPaths)],
    ['command line', list(traffic.commandLines)],
    ['parent', list(traffic.parents)],
    ['product', list([...traffic.products, ...traffic.versions])],
    ['company', list(traffic.companies)],
    ['account', list(traffic.accounts)],
    ['domain', list(traffic.domains)],
    ['UPN', list(traffic.upns)],
    ['integrity', list(traffic.integrityLevels)],
    ['SHA-1', list(traffic.sha1)],
    ['SHA-256', list(traffic.sha256)],
    ['URL', list(traffic.urls)],
    ['protocol', list(traffic.protocols)],
    ['device id', list(traffic.deviceIds)],
  ]);
}

function outcomeText({ succeeded, failed }: DetectionDetail['traffic']): string {
  return succeeded + failed === 0
    ? ''
    : `${counted(succeeded, 'report')} of connections, ${groupedText(failed)} of failed attempts`;
}

function stateLines({ verdict, ...each }: DetectionDetail): string[] {
  const deliveries = Object.entries(each.deliveries).map(
    ([sink, { status, at, answer, episode, revision }]) =>
      `${sink}: ${status} ${minute(at)} UTC${answer === '' ? '' : ` (${escapeForDisplay(answer)})`}` +
      `${episode === each.episode && revision === each.revision ? '' : ', an earlier revision'}`,
  );
  const past = each.episodes.map((one) => `${minute(one.episode)} to ${minute(one.resolved)} UTC`);
  return labelled([
    ['state', `${each.state}, opened ${minute(each.episode)} UTC, last match ${minute(each.lastMatched)} UTC`],
    ['revision', each.revisionReason === '' ? '' : `${each.revision}: ${escapeForDisplay(each.revisionReason, 500)}`],
    ['earlier', past.join('; ')],
    ['suppressed by', each.suppressedBy],
    ['notifications', deliveries.join('; ')],
    [
      'verdict',
      verdict === null
        ? ''
        : `${verdict.value}, by ${escapeForDisplay(verdict.who)} ${minute(verdict.at)} UTC` +
          `${verdict.note === '' ? '' : `: ${escapeForDisplay(verdict.note, 1000)}`}`,
    ],
  ]);
}

const WHY_OMITTED: Record<OmittedOption['because'], string> = {
  'no-name': 'the detection has none',
  unsafe: 'the name is unsafe in a shell',
};

function nextLines(each: DetectionDetail): string[] {
  const { command, omitted } = suppressCommand(each);
  const notes = omitted.map(({ option, because }) => `  (without ${option}: ${WHY_OMITTED[because]})`);
  const indented = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => `  ${escapeForDisplay(line, Number.MAX_SAFE_INTEGER)}`);
  return [
    '',
    'Query for Defender:',
    ...indented(each.queries.defender),
    '',
    'Query for Sentinel:',
    ...indented(each.queries.sentinel),
    '',
    'Suppress, if it is no threat:',
    `  ${COMMAND_NAME} ${command}`,
    ...notes,
    'Record a verdict:',
    `  ${COMMAND_NAME} detections mark ${each.groupId} --as acknowledged --note 'why'`,
  ];
}
