import { processOf } from '../../core/detections/message.ts';
import { type LeftOut, suppressCommand } from '../../core/detections/suppress_command.ts';
import { countsByHour, isAtStart } from '../../core/scoring/hours.ts';
import { windowOf } from '../../core/scoring/window.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { rateText } from '../../core/text/rate.ts';
import { scaleOf, sparkline } from '../../core/text/sparkline.ts';
import type { DetectionDetail } from '../../detections/query_detections.ts';
import { minute, rounded, secondsText } from './number_text.ts';

const LABEL_WIDTH = 12;
const COMMAND = 'npm run -s beaconwatch -- ';

/** A detection for a person, in the order of their questions; every text of the telemetry inert. */
export function detectionText(detection: DetectionDetail): string {
  const lines = [
    ...whatText(detection),
    ...seriesText(detection),
    ...trafficText(detection),
    ...lifeText(detection),
    ...nextText(detection),
  ];
  return `${lines.join('\n')}\n`;
}

type Line = readonly [label: string, text: string];

/** Lines with their labels; those without a text are left out. */
function labelled(lines: readonly Line[]): string[] {
  return lines.filter(([, text]) => text !== '').map(([label, text]) => `${label.padEnd(LABEL_WIDTH)} ${text}`);
}

function whatText(each: DetectionDetail): string[] {
  const process = escapeForDisplay(processOf(each));
  const technique =
    each.technique === null ? '' : `, technique ${escapeForDisplay(`${each.technique.id} ${each.technique.name}`)}`;
  return labelled([
    ['detection', each.id],
    ['what', `${process} on ${escapeForDisplay(each.DeviceName)} to ${escapeForDisplay(each.RemoteIP)}`],
    ['severity', `${each.severity}: ${escapeForDisplay(each.severityReason, 500)}`],
    ['ATT&CK', `Command and Control (TA0011)${technique}`],
    ['known by', `detector ${each.detector}, source ${each.source}`],
  ]);
}

function seriesText({ evidence, ...each }: DetectionDetail): string[] {
  const { thresholds } = evidence;
  const window = windowOf(each.lastMatched, thresholds.lookbackDays);
  const bars = countsByHour(window, evidence.Timestamp, evidence.ConnCounts);
  const seen = isAtStart(each.FirstConnection, window)
    ? `since the window began (${minute(each.FirstConnection)}) or before, last ${minute(each.LastConnection)}`
    : `${minute(each.FirstConnection)} to ${minute(each.LastConnection)}`;
  const over = rounded(each.average / thresholds.minAverage);
  const inliers = `${each.inliner_count} of ${each.inliner_count + each.outlier_count} points as expected`;
  const { interval } = each;
  return labelled([
    [
      'window',
      `${minute(window.after)} to ${minute(window.asOf)} UTC, an hour a character, ${scaleOf(bars)} connections:`,
    ],
    ['', sparkline(bars)],
    ['seen', `${seen} UTC, in ${each.count_of_hours} hours`],
    ['average', `${rateText(each.average)} connections an hour, ${over} times the line of ${thresholds.minAverage}`],
    ['inliers', `${inliers}, ${rounded(thresholds.minUniform)} wanted (threshold ${thresholds.anomalyThreshold})`],
    [
      'interval',
      interval === null ? '' : `${secondsText(interval.seconds)}, give or take ${secondsText(interval.deviation)}`,
    ],
    ['spread', `${rounded(each.spread)} (spread over mean; 0 is clockwork)`],
    ['season', evidence.period === 0 ? '' : `${evidence.period} points`],
    ['left out', evidence.omitted === 0 ? '' : `${evidence.omitted} older points`],
  ]);
}

function trafficText({ traffic, ...each }: DetectionDetail): string[] {
  const ports = traffic.ports.map(({ port, reports }) => `${port} (${reports} reports)`).join(', ');
  const tries = traffic.succeeded + traffic.failed;
  const list = (texts: readonly string[]) => texts.map((text) => escapeForDisplay(text, 120)).join(', ');
  return labelled([
    ['devices', each.devices === 1 ? '1 talks to the address' : `${each.devices} talk to the address`],
    ['others', list(each.otherProcesses)],
    ['ports', ports],
    ['outcome', tries === 0 ? '' : `${traffic.succeeded} reports of connections, ${traffic.failed} of failed attempts`],
    ['from', list(traffic.localIPs)],
    ['path', list(traffic.folderPaths)],
    ['account', list(traffic.accounts)],
    ['SHA-1', list(traffic.sha1)],
    ['SHA-256', list(traffic.sha256)],
    ['URL', list(traffic.urls)],
  ]);
}

function lifeText({ verdict, ...each }: DetectionDetail): string[] {
  const told = Object.entries(each.deliveries).map(
    ([sink, { status, at, answer, episode, revision: change }]) =>
      `${sink}: ${status} ${minute(at)} UTC${answer === '' ? '' : ` (${escapeForDisplay(answer)})`}` +
      `${episode === each.episode && change === each.revision ? '' : ', an earlier change'}`,
  );
  const past = each.episodes.map((one) => `${minute(one.episode)} to ${minute(one.resolved)} UTC`);
  return labelled([
    ['state', `${each.state}, opened ${minute(each.episode)} UTC, last match ${minute(each.lastMatched)} UTC`],
    ['revision', each.revision === 0 ? '' : `${each.revision}: ${escapeForDisplay(each.revisionReason, 500)}`],
    ['before', past.join('; ')],
    ['hidden by', each.suppressedBy],
    ['notifiedLevel', told.join('; ')],
    [
      'said',
      verdict === null
        ? ''
        : `${verdict.value}, by ${escapeForDisplay(verdict.who)} ${minute(verdict.at)} UTC` +
          `${verdict.note === '' ? '' : `: ${escapeForDisplay(verdict.note, 1000)}`}`,
    ],
  ]);
}

const WHY_LEFT_OUT: Record<LeftOut['because'], string> = {
  'no-name': 'it has none, which no entry can ask for',
  'could-act': 'the name could act on a shell',
};

function nextText(each: DetectionDetail): string[] {
  const { command, leftOut } = suppressCommand(each);
  const notes = leftOut.map(({ option, because }) => `  (without ${option}: ${WHY_LEFT_OUT[because]})`);
  const indented = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => `  ${escapeForDisplay(line, Number.MAX_SAFE_INTEGER)}`);
  return [
    '',
    'In Defender:',
    ...indented(each.queries.defender),
    '',
    'In Sentinel:',
    ...indented(each.queries.sentinel),
    '',
    'If it is known, and no threat:',
    `  ${COMMAND}${command}`,
    ...notes,
    'What you make of it:',
    `  ${COMMAND}detections mark ${each.groupId} --as acknowledged --note 'why'`,
  ];
}
