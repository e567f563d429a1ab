import { writeFile } from 'node:fs/promises';
import { BlobServiceClient } from '@azure/storage-blob';
import { storesOf } from '../../src/app.ts';
import { listText } from '../../src/cli/commands/detection_list.ts';
import { CommandError, UsageError } from '../../src/cli/errors.ts';
import { detectionLinesText, type OutputFormat } from '../../src/cli/output/format.ts';
import { minute } from '../../src/cli/output/number_text.ts';
import type { DetectionLine } from '../../src/cli/output/table.ts';
import { viewOf } from '../../src/cli/output/view.ts';
import { scoreSettingsOf } from '../../src/cli/score_settings.ts';
import { say, type Terminal } from '../../src/cli/terminal.ts';
import { readConfig } from '../../src/config.ts';
import { byAverage, type Ranked } from '../../src/core/detections/order.ts';
import { compareSortKeys, sortKeyOf } from '../../src/core/detections/sort_key.ts';
import { listedTraffic } from '../../src/core/detections/traffic.ts';
import { DAY_MS, MINUTE_MS } from '../../src/core/kql/timespan.ts';
import { msOf, type Timestamp } from '../../src/core/kql/timestamp.ts';
import type { Source } from '../../src/core/records/report.ts';
import { KQL_RULE } from '../../src/core/scoring/rule.ts';
import { windowOf } from '../../src/core/scoring/window.ts';
import { escapeForDisplay } from '../../src/core/text/escape.ts';
import { counted, groupedText } from '../../src/core/text/numbers.ts';
import { DELIVERY_LAG_MS } from '../../src/scoring/window_end.ts';
import type { Stores } from '../../src/storage/ports/stores.ts';
import { shiftClock } from './clock.ts';
import type { Invocation } from './functions_host.ts';
import { folderInputs, type Inputs, sampleInputs } from './inputs.ts';
import { Interrupted, keep, type Log } from './keep.ts';
import { type DetectionView, type Outcome, readOutcome } from './outcome.ts';
import { exportFaults, notesOn } from './outcome_notes.ts';
import { reportJson, seededBeaconsText, type Totals, totalsText } from './report.ts';
import { LocalSystem } from './system.ts';
import { chatText, notifiedOf, scoreThreeHours, sentText } from './three_hours.ts';
import { APPENDS, type Uploaded, upload } from './uploader.ts';

export interface LocalOptions {
  /** A folder of exports; the sample if null. */
  readonly exports: string | null;
  /** End of the window, reduced to the full hour; the end of the data if null. */
  readonly now: Timestamp | null;
  readonly keep: boolean;
  readonly format: OutputFormat;
  /** File for the requests and log lines, as JSON; none if null. */
  readonly report: string | null;
}

/** For somebody who has just seen the system run once. */
const NEXT = [
  'Where to look next:',
  '  npm start -- --keep              keeps the system running: pages in a browser, and the commands of an analyst',
  '  npm start -- --exports DIR       runs it over your own exports',
  '  npm run -s beaconwatch -- score DIR --html report.html',
  '                                   scores a folder of exports without the system, with pictures',
].join('\n');

/** Pause between two sweeps while exports grow; five minutes on Azure. */
const SWEEP_EVERY_MS = 1_000;
/** How often the functions read to the end of all exports while these grow. */
const BURSTS = 3;
const SEED = 1;
/** Dead letters that are listed; the others are only counted. */
const LISTED = 10;

/**
 * Runs the whole system on this machine over growing exports, and prints the results. Throws a CommandError if anything
 * went wrong. It changes `process.env` and `Date.now` of this process, from which the functions read.
 */
export async function runLocal(terminal: Terminal, options: LocalOptions): Promise<void> {
  const started = performance.now();
  const progress: Log = (line) => {
    say(terminal, `${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s  ${line}`);
  };
  // The sample is in Defender's format, whatever else the environment reads.
  if (options.exports === null) delete terminal.env['SOURCES'];
  const { rule, sources } = await scoreSettingsOf(terminal.env);
  const inputs = await inputsOf(options, sources);
  progress(`${inputs.description}; window up to ${minute(inputs.asOf)} UTC`);
  // The minute in which the hourly timer scores this window.
  shiftClock(msOf(inputs.asOf) + DELIVERY_LAG_MS + MINUTE_MS - Date.now());

  const ending = new AbortController();
  const { signal } = ending;
  const onSignal = (): void => ending.abort(new Interrupted('stopped'));
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  let system: LocalSystem | undefined;
  const invocations: Invocation[] = [];
  try {
    system = await LocalSystem.start({
      containers: inputs.containers,
      bundle: new URL('./functions.js', import.meta.url),
      onProgress: progress,
      // With --keep the log would grow without end.
      onInvocation: (invocation) => {
        if (options.report !== null && !options.keep) invocations.push(invocation);
      },
      signal,
      onFailure: (error) => ending.abort(error),
    });
    const uploaded = await grow(system, inputs, signal, progress);
    await scoreThreeHours(system, inputs.asOf, progress);
    const detections = await detectionsOf(system);
    const requests = system.requests;
    const stores = storesOf(readConfig(process.env));
    const outcome = await readOutcome(stores, inputs.containers, inputs.asOf);
    const { received } = system;

    const window = windowOf(inputs.asOf, rule.lookbackDays);
    const hasReports = outcome.counters.reports > 0;
    const isBaseline = (await stores.runs.baseline()).ended === '';
    /** The rule matched in the last run, not only in one before. */
    const isOfRule = ({ assessments }: DetectionView) => assessments['kql-rule']?.lastMatched === inputs.asOf;
    const shape = { window, grain: rule.grain, hasReports, view: await viewOf(terminal) };
    terminal.stdout.write(resultText(detections, detections.filter(isOfRule), options.format, shape));
    const seeded = inputs.seededBeacons && seededBeaconsText(inputs.seededBeacons, detections.filter(isOfRule));
    const seconds = (performance.now() - started) / 1000;
    const notifications = received.verified;
    const totals = { uploaded, outcome, notifications, requests, seconds };
    if (options.report !== null) await writeFile(options.report, reportJson(inputs.asOf, totals, invocations));
    const output = options.format === 'table' ? terminal.stdout : terminal.stderr;
    const sent = `${sentText(detections, isBaseline)}${chatText(received.chat)}`;
    output.write(`\n${seeded === null ? '' : `${seeded.text}\n`}${sent}\n${endText(totals, options)}`);

    for await (const letter of firstLetters(stores)) progress(letter);
    const all = outcome.detections;
    if (detections.length < all)
      progress(`${groupedText(detections.length)} of ${groupedText(all)} detections are listed`);
    for (const note of notesOn(outcome)) progress(note);
    const isKqlRule = Object.entries(KQL_RULE).every(([name, value]) => rule[name as keyof typeof rule] === value);
    const faults = [
      ...inputs.readErrors,
      ...faultsOf(system, outcome, notifiedOf(detections, isBaseline).length),
      // The expectation holds for the settings of the original rule only.
      ...(seeded !== null && !seeded.isAsExpected && isKqlRule
        ? ['the detections differ from the seeded beacons: see the list above']
        : []),
    ];
    if (options.keep) {
      for (const fault of faults) progress(fault);
      await keep(system, inputs.containers, signal, progress);
    }
    if (faults.length > 0) throw new CommandError(faults.join('\n'));
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    await system?.stop();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    // A request that waits for its next try would keep the process alive, although storage has ended.
    if (signal.aborted) setTimeout(() => process.exit(), 1_000).unref();
  }
}

async function inputsOf({ exports, now }: LocalOptions, sources: readonly Source[]): Promise<Inputs> {
  const until = now === null ? Date.now() - DELIVERY_LAG_MS : msOf(now);
  const inputs = exports === null ? sampleInputs(until) : await folderInputs(exports, now, sources);
  // Blobs get their time from the real clock. Far ahead of it, the sweep would find them too old.
  if (msOf(inputs.asOf) > Date.now() + DAY_MS) {
    throw new UsageError(
      `the window would end at ${minute(inputs.asOf)} UTC: --now may be at most a day ahead of the clock`,
    );
  }
  return inputs;
}

/**
 * Uploads the exports piece by piece while the functions read them. A few times it waits until the functions have read
 * everything so far, so that they meet half-written exports. Ends when everything is read.
 */
async function grow(system: LocalSystem, inputs: Inputs, signal: AbortSignal, progress: Log): Promise<Uploaded> {
  const { tally } = system;
  const blobs = BlobServiceClient.fromConnectionString(system.connectionString);
  for (const container of inputs.containers) await blobs.getContainerClient(container).createIfNotExists();
  const burst = Math.ceil((inputs.exports * APPENDS) / BURSTS);
  const report = ({ exports, bytes }: Uploaded): void =>
    progress(
      `${counted(exports, 'export')}, ${(bytes / 1e6).toFixed(1)} MB uploaded; ` +
        `${counted(tally.segments, 'segment')}, ${counted(tally.reports, 'report')} read`,
    );

  const appends = upload(blobs, inputs.uploads, SEED);
  let swept = performance.now();
  for (;;) {
    const { value: uploaded, done } = await appends.next();
    signal.throwIfAborted();
    if (done) {
      await system.blobsSeen();
      await readAll(system);
      report(uploaded);
      return uploaded;
    }
    if (uploaded.appends % burst === 0) {
      await readAll(system);
      report(uploaded);
    } else if (performance.now() - swept > SWEEP_EVERY_MS) {
      swept = performance.now();
      // A sweep would queue exports again that are still on the queue.
      if (await system.isEmpty('ingest')) await system.fire('sweepExports');
    }
  }
}

/** Sweeps until every complete line is read. */
async function readAll(system: LocalSystem): Promise<void> {
  for (;;) {
    const before = system.tally.segments;
    const { queued } = await system.fire('sweepExports');
    await system.drained('ingest');
    // An export that is queued and yields no segment ends within a line.
    if (queued === 0 || system.tally.segments === before) return;
  }
}

/** The detections from the HTTP function: pages of the list, then each with its series. */
async function detectionsOf(system: LocalSystem): Promise<DetectionView[]> {
  const detections: DetectionView[] = [];
  let more = '';
  do {
    const page = (await get(system, `detections?limit=1000${more}`)) as ListedPage;
    for (const { id } of page.detections) {
      detections.push((await get(system, `detections/${encodeURIComponent(id)}`)) as DetectionView);
    }
    more = page.continuation === null ? '' : `&continuation=${page.continuation}`;
  } while (more !== '');
  return detections;
}

interface ListedPage {
  readonly detections: readonly { readonly id: string }[];
  readonly continuation: string | null;
}

async function get(system: LocalSystem, path: string): Promise<unknown> {
  const response = await fetch(`${system.httpUrl}/api/${path}`);
  if (!response.ok) throw new CommandError(`GET /api/detections answers ${response.status}`);
  return await response.json();
}

/** For a person all detections, the most severe first; for a machine the rows of the KQL rule, as `score` prints them. */
function resultText(
  detections: readonly DetectionView[],
  ofRule: readonly DetectionView[],
  format: OutputFormat,
  shape: Parameters<typeof detectionLinesText>[2],
): string {
  if (format === 'table' && shape.hasReports)
    return listText(detections.toSorted(bySeverity).map(listed), format, shape.view);
  return detectionLinesText(ofRule.flatMap(lineOf).sort(byAverage), format, shape);
}

/** The totals, and where to look next. */
function endText(totals: Totals, { report, keep: isKept }: LocalOptions): string {
  const text = totalsText(report === null ? { ...totals, requests: [] } : totals);
  return isKept ? text : `${text}\n${NEXT}\n`;
}

/** As `detections list` orders them. */
function bySeverity(a: DetectionView, b: DetectionView): number {
  return compareSortKeys(sortKeyOf(a, 'severity'), sortKeyOf(b, 'severity'));
}

function listed(detection: DetectionView): Parameters<typeof listText>[0][number] {
  return { ...detection, ...listedTraffic(detection.traffic) };
}

/** The rule's row of a detection; none where only `regularity` matched. */
function lineOf(detection: DetectionView): (DetectionLine & Ranked)[] {
  const rule = detection.assessments['kql-rule'];
  return rule === null
    ? []
    : [{ ...detection, ...rule, countHours: rule.evidence.Timestamp, ConnCounts: rule.evidence.ConnCounts }];
}

/** The first dead letters, one line each, as `score` prints them. */
async function* firstLetters({ deadLetters }: Pick<Stores, 'deadLetters'>): AsyncGenerator<string> {
  let listed = 0;
  for await (const { export: ref, offset, length, reason } of deadLetters.list()) {
    if (listed++ === LISTED) return;
    yield `dead letter: ${escapeForDisplay(`${ref.container}/${ref.name}`, 500)} at byte ${offset} (${length} bytes): ${reason}`;
  }
}

function faultsOf(system: LocalSystem, outcome: Outcome, notified: number): string[] {
  const { received } = system;
  return [
    ...system.poisoned.map((fault) => escapeForDisplay(fault, 500)),
    ...exportFaults(outcome),
    ...(received.refused > 0 ? [`${counted(received.refused, 'webhook')} without a valid signature`] : []),
    ...(received.ids.size === notified
      ? []
      : [`${counted(notified, 'detection')} to notify, but ${counted(received.ids.size, 'notification')}`]),
  ];
}
