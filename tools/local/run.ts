import { writeFile } from 'node:fs/promises';
import { BlobServiceClient } from '@azure/storage-blob';
import { DELIVERY_LAG_MS, storesOf } from '../../src/app.ts';
import { CommandError, UsageError } from '../../src/cli/errors.ts';
import { formattedLines, type OutputFormat } from '../../src/cli/output/format.ts';
import type { DetectionLine } from '../../src/cli/output/table.ts';
import { readConfig, readScoreSettings } from '../../src/config.ts';
import { byAverage } from '../../src/core/detections/order.ts';
import { msOf, type Timestamp } from '../../src/core/kql/timestamp.ts';
import type { Source } from '../../src/core/records/report.ts';
import { KQL_RULE } from '../../src/core/scoring/rule.ts';
import { windowOf } from '../../src/core/scoring/window.ts';
import { counted } from '../../src/core/text/counted.ts';
import { escapeForDisplay } from '../../src/core/text/escape.ts';
import type { Stores } from '../../src/storage/ports/stores.ts';
import { shiftClock } from './clock.ts';
import type { Invocation } from './functions_host.ts';
import { folderInputs, type Inputs, sampleInputs } from './inputs.ts';
import { Interrupted, keep, type Say } from './keep.ts';
import { type DetectionView, type Outcome, readOutcome } from './outcome.ts';
import { reportJson, seededBeaconsText, totalsText } from './report.ts';
import { LocalSystem } from './system.ts';
import { APPENDS, type Uploaded, upload } from './uploader.ts';

export interface LocalOptions {
  /** A folder of exports; the sample without it. */
  readonly exports: string | null;
  /** End of the window; a full hour at or before it is taken. */
  readonly now: Timestamp | null;
  readonly keep: boolean;
  readonly format: OutputFormat;
  /** File for what it took, as JSON; none where null. */
  readonly report: string | null;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Between two sweeps while exports grow; on Azure it is five minutes. */
const SWEEP_EVERY_MS = 1_000;
/** Times that the functions come to the end of what is there while it grows. */
const BURSTS = 3;
const SEED = 1;
/** What is named one by one; the rest is counted. */
const NAMED = 10;

/** Runs the whole system on this machine over exports that grow meanwhile, and tells what came of it. */
export async function runLocal(options: LocalOptions): Promise<void> {
  const started = performance.now();
  const say: Say = (what) => {
    process.stderr.write(`${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s  ${what}\n`);
  };
  // The sample is Defender's, whatever else this machine reads.
  if (options.exports === null) delete process.env['SOURCES'];
  const { rule, sources } = readScoreSettings(process.env);
  const inputs = await inputsOf(options, sources);
  say(`${inputs.what}; the window ends at ${inputs.asOf.slice(0, 16)}Z`);
  // As if it were the minute in which the hourly timer scores this window.
  shiftClock(msOf(inputs.asOf) + DELIVERY_LAG_MS + MINUTE_MS - Date.now());

  const ending = new AbortController();
  const { signal } = ending;
  const onSignal = (): void => ending.abort(new Interrupted('stopped'));
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  let system: LocalSystem | undefined;
  const log: Invocation[] = [];
  try {
    system = await LocalSystem.start({
      containers: inputs.containers,
      bundle: new URL('./functions.js', import.meta.url),
      onProgress: say,
      // Not while it is kept running: the log has no end then.
      onInvocation: (invocation) => {
        if (options.report !== null && !options.keep) log.push(invocation);
      },
      signal,
      onFailure: (error) => ending.abort(error),
    });
    const uploaded = await grow(system, inputs, signal, say);
    await score(system, inputs.asOf, say);
    const detections = await detectionsOf(system);
    const requests = system.requests;
    const stores = storesOf(readConfig(process.env));
    const outcome = await readOutcome(stores, inputs.containers, inputs.asOf);
    const { received } = system;

    const window = windowOf(inputs.asOf, rule.lookbackDays);
    const isJudged = outcome.counters.reports > 0;
    process.stdout.write(formattedLines(detections.map(lineOf), options.format, window, isJudged));
    const planted = inputs.plants && seededBeaconsText(inputs.plants, detections);
    const seconds = (performance.now() - started) / 1000;
    const notifications = received.verified;
    const took = { uploaded, outcome, notifications, requests, seconds };
    if (options.report !== null) await writeFile(options.report, reportJson(inputs.asOf, took, log));
    const totals = totalsText(took);
    const rest = options.format === 'table' ? process.stdout : process.stderr;
    rest.write(`\n${planted === null ? '' : `${planted.text}\n`}${totals}`);

    for await (const letter of firstLetters(stores)) say(letter);
    for (const note of notesOn(outcome, detections.length)) say(note);
    const isSeedRule = Object.entries(KQL_RULE).every(([name, value]) => rule[name as keyof typeof rule] === value);
    const faults = [
      ...inputs.troubles,
      ...faultsOf(system, outcome),
      // With other numbers than the seed's nobody has said what should be found.
      ...(planted !== null && !planted.asExpected && isSeedRule ? ['the sample is not found as it was planted'] : []),
    ];
    if (options.keep) {
      for (const fault of faults) say(fault);
      await keep(system, inputs.containers, signal, say);
    }
    if (faults.length > 0) throw new CommandError(faults.join('\n'));
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    await system?.stop();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    // A request that waits for its next try keeps the process; there is nobody left to answer it.
    if (signal.aborted) setTimeout(() => process.exit(), 1_000).unref();
  }
}

async function inputsOf({ exports, now }: LocalOptions, sources: readonly Source[]): Promise<Inputs> {
  const until = now === null ? Date.now() - DELIVERY_LAG_MS : msOf(now);
  const inputs = exports === null ? sampleInputs(until) : await folderInputs(exports, now, sources);
  // What lies in storage has its time from the clock, and is too old to be swept when the window lies far ahead of it.
  if (msOf(inputs.asOf) > Date.now() + DAY_MS) {
    throw new UsageError(`the window would end at ${inputs.asOf}: --now may be at most a day ahead of the clock`);
  }
  return inputs;
}

/**
 * Puts the exports into storage, piece by piece, while the functions read them. Now and then they are given the time to
 * read all that is there: then every export that still grows is met half-written. Ends when everything is read.
 */
async function grow(system: LocalSystem, inputs: Inputs, signal: AbortSignal, say: Say): Promise<Uploaded> {
  const { tally } = system;
  const blobs = BlobServiceClient.fromConnectionString(system.connectionString);
  for (const container of inputs.containers) await blobs.getContainerClient(container).createIfNotExists();
  const burst = Math.ceil((inputs.exports * APPENDS) / BURSTS);
  const tell = ({ exports, bytes }: Uploaded): void =>
    say(
      `${counted(exports, 'export')}, ${(bytes / 1e6).toFixed(1)} MB so far: ` +
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
      tell(uploaded);
      return uploaded;
    }
    if (uploaded.appends % burst === 0) {
      await readAll(system);
      tell(uploaded);
    } else if (performance.now() - swept > SWEEP_EVERY_MS) {
      swept = performance.now();
      // What waits on the queue would be put there again.
      if (await system.isEmpty('ingest')) await system.fire('sweepExports');
    }
  }
}

/** Sweeps until everything that is whole is read. */
async function readAll(system: LocalSystem): Promise<void> {
  for (;;) {
    const before = system.tally.segments;
    const { queued } = await system.fire('sweepExports');
    await system.drained('ingest');
    // What is put on the queue and brings nothing ends within a line.
    if (queued === 0 || system.tally.segments === before) return;
  }
}

async function score(system: LocalSystem, asOf: Timestamp, say: Say): Promise<void> {
  const fired = await system.fire('scoreWindows');
  if (fired['asOf'] !== asOf) throw new CommandError(`the window of ${asOf} was to be scored, not ${fired['asOf']}`);
  await system.drained('score');
  say('every partition is scored');
  await system.drained('notify');
  say(`every notification is sent: ${system.received.verified} received`);
}

/** The detections, as the HTTP function gives them: the lists by pages, then each with its series; in the rule's order. */
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
  return detections.sort(byAverage);
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

function lineOf(detection: DetectionView): DetectionLine {
  const { evidence } = detection;
  return { ...detection, countHours: evidence.Timestamp, ConnCounts: evidence.ConnCounts };
}

/** What could not be read or stored: the first few by name, as `score` has it. */
async function* firstLetters({ deadLetters }: Pick<Stores, 'deadLetters'>): AsyncGenerator<string> {
  let named = 0;
  for await (const { export: ref, offset, length, reason } of deadLetters.list()) {
    if (named++ === NAMED) return;
    yield `dead letter: ${escapeForDisplay(`${ref.container}/${ref.name}`, 500)} at byte ${offset} (${length} bytes): ${reason}`;
  }
}

function notesOn({ refused, failed, unfinished, detections }: Outcome, listed: number): string[] {
  return [
    ...(listed < detections ? [`${amount(listed)} of ${amount(detections)} detections are listed`] : []),
    ...refused
      .slice(0, NAMED)
      .map(({ name, reason }) => `refused: ${escapeForDisplay(name, 500)}: ${escapeForDisplay(reason, 500)}`),
    ...(refused.length > NAMED ? [`${amount(refused.length)} are refused in all`] : []),
    ...failed.map(({ name, reason }) => `failed last: ${escapeForDisplay(name)}: ${escapeForDisplay(reason)}`),
    ...(unfinished.length > 0
      ? [
          `end within a line, which is read when it is whole, or after a day: ${unfinished.map((name) => escapeForDisplay(name)).join(', ')}`,
        ]
      : []),
  ];
}

function faultsOf(system: LocalSystem, outcome: Outcome): string[] {
  const { received } = system;
  return [
    ...system.poisoned.map((fault) => escapeForDisplay(fault, 500)),
    ...(outcome.exports > 0 && outcome.refused.length === outcome.exports
      ? ['Nothing was read: no export of a known format']
      : []),
    ...(outcome.failed.length > 0 ? [`${outcome.failed.length} exports could not be read to their end`] : []),
    ...(received.refused > 0 ? [`${received.refused} webhooks came without a good signature`] : []),
    ...(received.ids.size === outcome.detections
      ? []
      : [`${outcome.detections} detections, but ${received.ids.size} of them told`]),
  ];
}

function amount(value: number): string {
  return value.toLocaleString('en-US');
}
