import { lolbinOf, lolbinText } from '../core/detections/lolbins.ts';
import type { Hour } from '../core/kql/bin.ts';
import type { Timestamp } from '../core/kql/timestamp.ts';
import { groupedText, percentageText, percentText } from '../core/text/numbers.ts';
import { spansText, spanText } from '../core/text/span.ts';
import { dayPlot } from './day_plot.ts';
import { hourPlot, hoursOfPlot, plotTable } from './hour_plot.ts';
import { defenderDeviceHref, type Href } from './href.ts';
import { type Html, html, preformatted, type TemplateValue } from './html.ts';
import type { Neighbours } from './neighbours.ts';
import { paceOfDetection } from './pace.ts';
import type { PageDetection, PageFleet, PageRecord, PageRegularity } from './page_data.ts';
import { type Drawing, hourStrip } from './strip.ts';
import { testsOf } from './tests_passed.ts';
import { devicesText, plural, processText, shortDevice, timeMarkup } from './texts.ts';
import { viewPlot } from './view_plot.ts';

/** What a detection's pane needs beside the detection. */
export interface PaneOptions {
  /** The end of the window. */
  readonly asOf: Timestamp;
  readonly hours: readonly Hour[];
  readonly fleet: PageFleet | null;
  readonly neighbours: Neighbours;
  readonly hrefOf: (detection: PageDetection) => Href;
  readonly listHref: Href;
  /** How the strips of neighbours are drawn. */
  readonly drawingOf: (detection: PageDetection) => Drawing;
  /** Distinguishes ids of this pane from those of others. */
  readonly key: string;
  /** What the reader may do with it; null for reading alone. */
  readonly actions: Html | null;
}

/** Everything about one detection, the most important first. */
export function detectionPane(detection: PageDetection, options: PaneOptions): Html {
  const plot = hoursOfPlot(detection, options.hours);
  const { key } = options;
  const { regularity } = detection;
  const view = regularity !== null && regularity.way !== null ? viewPlot(detection, regularity) : null;
  return html`<p class="kicker"><b class="sev ${detection.severity}">${detection.severity}</b> · ${detectorsText(detection)}${recordText(detection)} <a class="back" href="${options.listHref}">Back to the list</a></p>
<h2>${headline(detection)}</h2>
${actions(detection, options)}
<figure>${hourPlot(detection, plot)}<figcaption>${legend(detection)}</figcaption></figure>
${view !== null && regularity !== null && html`<figure>${view}<figcaption>${viewCaption(regularity)}</figcaption></figure>`}
${dayPlot(detection.days, options.asOf)}
<div class="cards">
<section class="card"><h3>Why</h3>${testsOf(detection, options.fleet, plot)}</section>
<section class="card"><h3>Who and what</h3>${whoAndWhat(detection)}</section>
${detection.otherAddresses.length > 0 && html`<section class="card"><h3>${detection.RemoteIP === '*' ? 'Its addresses' : 'Other rare addresses of this process'}</h3>${addressesOf(detection)}</section>`}
${detection.record !== null && html`<section class="card"><h3>Timeline</h3>${timelineOf(detection.record)}</section>`}
<section class="card wide"><h3>Neighbours</h3>${neighboursOf(detection, options)}</section>
</div>
<details class="table"><summary>Numbers of the plot</summary>${plotTable(plot)}</details>
${detection.record !== null && detection.record.reports.length > 0 && html`<details class="table"><summary>Newest reports</summary>${reportsTable(detection.record)}</details>`}
${detection.queries.map(({ label, query }, index) => html`<details class="query"><summary>${label}</summary>${copied(label, query, `q${index}-${key}`)}</details>`)}
<details class="query"><summary>All data (JSON)</summary>${copied('All data', jsonOf(detection), `j-${key}`)}</details>`;
}

function detectorsText({ kqlRule, regularity }: PageDetection): string {
  const names = [
    kqlRule !== null && 'KQL rule',
    regularity?.way != null && `regularity ${regularity.regularity.toFixed(2)}`,
  ];
  return names.filter((name) => name !== false).join(' and ');
}

/** The detection in one sentence. */
function headline(detection: PageDetection): Html {
  const { DeviceName, RemoteIP, regularity, kqlRule, ports } = detection;
  const remote = RemoteIP === '*' ? 'many addresses' : `${RemoteIP}${ports.length === 1 ? `:${ports[0]}` : ''}`;
  const pace = paceOfDetection(detection);
  const even = kqlRule === null && regularity !== null ? ' far more evenly than chance:' : '';
  const range = kqlRule === null && pace !== null ? ` (${spansText(pace.low, pace.high)})` : '';
  const hours =
    kqlRule === null && regularity !== null
      ? `, in ${regularity.active_hours} of ${regularity.hours} ${regularity.unit}s with the device on`
      : '';
  return html`<b>${processText(detection)}</b> on <b>${DeviceName === '' ? '(no device name)' : DeviceName}</b> connects to <b>${remote}</b>${even} about every <b>${pace === null ? 'hour' : spanText(pace.seconds)}</b>${range}${hours}; ${othersText(detection)}.`;
}

function othersText({ devices, regularity, RemoteIP }: PageDetection): string {
  if (RemoteIP === '*') return 'no other device uses these addresses';
  const others = (devices ?? regularity?.regularDevices ?? 1) - 1;
  return others <= 0
    ? 'no other device does'
    : `${plural(others, 'other device connects', 'other devices connect')} to it`;
}

/** `, ongoing, suppressed by s-1a2b3c4d, true-positive` */
function recordText({ record }: PageDetection): string {
  if (record === null) return '';
  const suppressed = record.suppressedBy === '' ? '' : `, suppressed by ${record.suppressedBy}`;
  const undecided = record.isDecided ? '' : ', its severity is decided in the next run';
  return ` · ${record.state}${undecided}${suppressed}${record.verdict === null ? '' : `, ${record.verdict}`}`;
}

function actions(detection: PageDetection, { key, actions: ofReader }: PaneOptions): Html {
  const { DeviceName, RemoteIP, InitiatingProcessFileName, traffic, source, suppress, queries } = detection;
  const indicators = [
    DeviceName,
    InitiatingProcessFileName,
    RemoteIP,
    ...(traffic?.sha1 ?? []),
    ...(traffic?.sha256 ?? []),
    ...detection.hosts,
  ];
  const query = queries[0];
  const isDefender = source === 'defender' || source === 'defender-raw';
  return html`<p class="actions">${query !== undefined && html`<button type="button" class="primary" data-copy-of="q0-${key}">Copy ${query.label.replace('Query', 'query')}</button>`}
${isDefender && DeviceName !== '' && html`<a class="button" href="${defenderDeviceHref(DeviceName)}" rel="noreferrer noopener" target="_blank">Device page ↗</a>`}
<button type="button" data-copy="${indicators.filter((text) => text !== '' && text !== '*').join(' ')}">Copy IOCs</button>
${suppress !== null && ofReader === null && html`<button type="button" data-key="s" data-copy="${suppress}">Copy suppress command <kbd>s</kbd></button>`}</p>${ofReader}`;
}

function legend({ kqlRule, regularity }: PageDetection): string {
  const common = 'Tinted: 20:00–06:00 UTC. Ticks below the axis: hours without a report.';
  if (kqlRule !== null)
    return `Bars: connections per hour. Line and band: what the KQL rule expects. Orange ▲▼: outliers (score beyond ${kqlRule.anomalyThreshold}). Dashed: the rule's threshold. ${common}`;
  if (regularity !== null)
    return `Bars: connections per hour, with their mean. Band: how far chance alone would scatter (one standard deviation). ${common}`;
  return `Bars: connections per hour. ${common}`;
}

function viewCaption({ view, views, regularity, minScore }: PageRegularity): string {
  const share = views[view] ?? 1;
  return `The view “${view}” decided: ${share < 0.1 ? percentageText(share) : percentText(share)} of what chance gives; score ${regularity.toFixed(3)} (minimum ${minScore}). Bars: this group. Line: chance.`;
}

function whoAndWhat(detection: PageDetection): Html {
  const { DeviceName, InitiatingProcessFileName, RemoteIP, source, traffic, devices } = detection;
  const { ports, hosts, onlyFailed, isNew } = detection;
  const lolbin = lolbinOf(InitiatingProcessFileName);
  return html`<dl class="facts">${fact('device', DeviceName || '(no device name)')}${fact('process', processText(detection))}${lolbin !== null && fact('LOLBin', lolbinText(lolbin))}${fact('address', RemoteIP === '*' ? 'many' : RemoteIP)}${detection.owner !== '' && fact('owner', detection.owner)}${listFact('port', ports.map(String))}${listFact('host', hosts)}${onlyFailed && traffic === null && fact('outcome', 'only failed attempts')}${isNew === true && fact('new', 'the process is new to this network')}${traffic !== null && factsOf(traffic)}${devices !== null && fact('who else', devicesText(detection))}${fact('source', source)}${fact('id', html`<code>${detection.id}</code>`)}</dl>`;
}

function factsOf({
  accounts,
  folderPaths,
  sha1,
  sha256,
  urls,
  localIPs,
  succeeded,
  failed,
  ...lists
}: NonNullable<PageDetection['traffic']>): Html {
  return html`${listFact('account', accounts)}${listFact('path', folderPaths, true)}${listFact('command line', lists.commandLines, true)}${listFact('parent', lists.parents)}${listFact('product', [...lists.products, ...lists.versions])}${listFact('company', lists.companies)}${listFact('UPN', lists.upns)}${listFact('integrity', lists.integrityLevels)}${listFact('SHA-1', sha1, true)}${listFact('SHA-256', sha256, true)}${listFact('URL', urls)}${listFact('from', localIPs)}${succeeded + failed > 0 && fact('outcome', `${plural(succeeded, 'report', 'reports')} of success, ${groupedText(failed)} of failure`)}`;
}

function fact(name: string, value: TemplateValue): Html {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

function listFact(name: string, values: readonly string[], isCode = false): Html | null {
  if (values.length === 0) return null;
  return fact(
    name,
    values.map((value, index) => html`${index > 0 && ', '}${isCode ? html`<code>${value}</code>` : value}`),
  );
}

const MOST_ADDRESSES = 10;

function addressesOf({ otherAddresses }: PageDetection): Html {
  const shown = otherAddresses.slice(0, MOST_ADDRESSES);
  const rest = otherAddresses.length - shown.length;
  return html`<dl class="facts">${shown.map(({ RemoteIP, connections, hosts }) => html`<div><dt class="address">${RemoteIP}</dt><dd>${connections !== null && plural(connections, 'connection', 'connections')}${hosts.length > 0 && `, ${hosts.join(', ')}`}</dd></div>`)}</dl>${rest > 0 && html`<p class="caption">and ${groupedText(rest)} more</p>`}`;
}

function timelineOf({ events }: PageRecord): Html {
  return html`<ol class="timeline">${events.map(({ at, text, note }) => html`<li>${timeMarkup(at)} ${text}${note !== '' && html`<small>${note}</small>`}</li>`)}</ol>`;
}

function reportsTable({ reports }: PageRecord): Html {
  return html`<table class="numbers"><thead><tr><th scope="col">time (UTC)</th><th scope="col">connections</th><th scope="col">facts</th></tr></thead><tbody>${reports.map(({ at, count, facts }) => html`<tr><th scope="row">${timeMarkup(at)}</th><td>${count === null ? 'not known' : groupedText(count)}</td><td>${facts.join(' · ')}</td></tr>`)}</tbody></table>`;
}

const MOST_NEIGHBOURS = 4;

function neighboursOf(detection: PageDetection, options: PaneOptions): Html {
  const { neighbours, fleet } = options;
  return html`<dl class="neighbours">${block('same address', neighbours.sameAddress, options, detection.RemoteIP === '*' ? 'not compared: many addresses' : 'no other detection', 'device')}${block('same device', neighbours.sameDevice, options, 'no other detection', 'address')}${block('same process', neighbours.sameProcess, options, 'no other detection', 'both')}${detection.otherProcesses.length > 0 && html`<div><dt>other processes to this address</dt><dd>${detection.otherProcesses.join(', ')}</dd></div>`}${fleet !== null && html`<div><dt>fleet</dt><dd>${plural(fleet.devices, 'device', 'devices')} in the window; rare is at most ${fleet.few}, common more than ${fleet.many}</dd></div>`}</dl>`;
}

function block(
  name: string,
  others: readonly PageDetection[],
  { hours, hrefOf, drawingOf }: PaneOptions,
  none: string,
  shows: 'device' | 'address' | 'both',
): Html {
  if (others.length === 0) return html`<div><dt>${name}</dt><dd>${none}</dd></div>`;
  const rows = others
    .slice(0, MOST_NEIGHBOURS)
    .map(
      (other) =>
        html`<li><a href="${hrefOf(other)}">${processText(other)}${shows !== 'address' && ` on ${shortDevice(other.DeviceName)}`}${shows !== 'device' && ` → ${other.RemoteIP}`}</a> <b class="sev ${other.severity}">${other.severity}</b>${hourStrip(other, hours, drawingOf(other))}</li>`,
    );
  return html`<div><dt>${name}</dt><dd><ul>${rows}</ul>${others.length > rows.length && `and ${groupedText(others.length - rows.length)} more`}</dd></div>`;
}

function copied(name: string, text: string, id: string): Html {
  return html`<pre tabindex="0" id="${id}" role="region" aria-label="${name}">${preformatted(text)}</pre>`;
}

/** The data of the page, without the texts that stand beside it, the hours and the points, which the table has. */
function jsonOf({
  queries: _queries,
  suppress: _suppress,
  hours: _hours,
  kqlRule,
  traffic,
  ...detection
}: PageDetection): string {
  const { points: _points, ...rule } = kqlRule ?? { points: [] };
  return JSON.stringify({ ...detection, kqlRule: kqlRule && rule, traffic: traffic && besides(traffic) });
}

/** The facts that do not stand beside the JSON. */
function besides({ asOf, ports, deviceIds, processIds, domains, protocols }: NonNullable<PageDetection['traffic']>) {
  return { asOf, ports, deviceIds, processIds, domains, protocols };
}
