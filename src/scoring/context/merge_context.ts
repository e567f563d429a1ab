import { telemetryHoursOf } from '../../core/detections/baseline.ts';
import { HOUR_MS } from '../../core/kql/timespan.ts';
import { addMs, msOf, type Timestamp } from '../../core/kql/timestamp.ts';
import { type FirstSeen, newPairsOf, seenWith } from '../../core/regularity/first_seen.ts';
import { fewDevicesOf } from '../../core/regularity/fleet_limits.ts';
import type { FleetPartial } from '../../core/regularity/fleet_partial.ts';
import { FleetSum } from '../../core/regularity/fleet_sum.ts';
import { NEW_DAYS, observedSince } from '../../core/regularity/observed.ts';
import { MOST_USERS } from '../../core/regularity/pair_table.ts';
import { PARTITIONS } from '../../storage/keys.ts';
import type { ContextFiles } from '../../storage/ports/context.ts';
import type { Partition } from '../../storage/ports/hourly_counts.ts';
import type { StoreError } from '../../storage/ports/store_error.ts';
import { encodeContextFile, readContextFile, UnreadableFileError } from './context_file.ts';
import { LEAST_PARTITIONS } from './fleet_context.ts';
import { encodeMerged, encodeRare } from './merged_codec.ts';
import { mergedName, type NamedFile, namedFileOf, partialName, seenName } from './names.ts';
import { PairSet } from './pair_set.ts';
import { decodePartial, PARTIAL_SECTION } from './partial_codec.ts';
import { decodeSeen, encodeSeen } from './seen_codec.ts';
import { unlessRefused } from './storage_fault.ts';

/** The only one of a file of what was seen. */
const SEEN_SECTION = 0;
/** An older partial says too little of the fleet of now. */
const MAX_AGE_MS = 24 * HOUR_MS;
/** Files that cannot be read are followed by older ones, so many at most in all: each costs a request. */
const MAX_RETRIES = 20;
/** Old files that one run removes. */
const MAX_REMOVED = 24;

/** What a merge came to. */
export interface MergedContext {
  /** Partitions that it counts. */
  readonly partitions: number;
  readonly isContext: boolean;
  /** Hours of telemetry that the runs before saw in their windows. */
  readonly telemetryHours: number;
  /** A sentence; '' where nothing is missing. */
  readonly fault: string;
}

export interface MergeSettings {
  /** So many devices are few; null: as the size of the fleet says. */
  readonly rareDevices: number | null;
  /** Days for which a process and a network are new. */
  readonly newDays: number;
}

/**
 * Adds up what the last run of each partition before `asOf` left, for the runs up to `asOf` to read, and notes what was seen
 * first. Of a partition whose last partial is missing or cannot be read, its newest readable one of the last 24 hours counts.
 * Removes old files. A repeat writes the same, apart from partials that came late. Where storage refuses what it needs, the sum
 * is that of no partials, and has the fault. Throws the errors of storage where that cannot be written.
 */
export async function mergeContext(
  files: ContextFiles,
  asOf: Timestamp,
  { rareDevices, newDays }: MergeSettings = { rareDevices: null, newDays: NEW_DAYS },
): Promise<MergedContext> {
  const { counted, sum, seen, faults } = await unlessRefused(
    () => runsBefore(files, asOf),
    ({ message }) => nothingBefore(asOf, message),
  );
  const isContext = counted.size >= LEAST_PARTITIONS;
  const { hours, isFull } = sum;
  const newPairs = seen === null ? new Map() : newPairsOf(seen, hourOf(asOf), newDays);
  const regular = regularOf(sum);
  const { rare, shared, settled } = pairsByUse(sum, rareDevices);
  const merged = encodeMerged({ counted, faults, hours, regular, shared, settled, newPairs, isFull });
  await files.put(mergedName(asOf), encodeContextFile([merged, encodeRare(rare)]));
  const telemetryHours = telemetryHoursOf(sum.reports);
  return { partitions: counted.size, isContext, telemetryHours, fault: faults.join('; ') };
}

interface RunsBefore {
  readonly counted: ReadonlyMap<Partition, Timestamp>;
  readonly sum: FleetPartial;
  readonly seen: FirstSeen | null;
  readonly faults: string[];
}

/** What the runs before left. Writes what was seen first, and removes old files. */
async function runsBefore(files: ContextFiles, asOf: Timestamp): Promise<RunsBefore> {
  const named = await namedFiles(files);
  const { counted, sum, faults } = await partialsBefore(files, asOf, named);
  const lastHour = hourOf(newestOf(counted) ?? asOf);
  const seen = await seenAfter(files, asOf, named, sum, lastHour, counted.size > 0, faults);
  if (counted.size < LEAST_PARTITIONS)
    faults.push(
      `there is no context: ${counted.size} of ${PARTITIONS.length} partitions have a partial of the last 24 hours`,
    );
  await unlessRefused(
    () => removeOld(files, asOf, named),
    ({ message }) => void faults.push(message),
  );
  return { counted, sum, seen, faults };
}

function nothingBefore(asOf: Timestamp, fault: string): RunsBefore {
  return { counted: new Map(), sum: new FleetSum(hourOf(asOf)).sum(), seen: null, faults: [fault] };
}

interface Found {
  readonly asOf: Timestamp;
  readonly partial: FleetPartial;
}

/** The sum of the newest readable partial of each partition. Holds one of them. */
async function partialsBefore(files: ContextFiles, asOf: Timestamp, named: readonly NamedFile[]) {
  const oldest = addMs(asOf, -MAX_AGE_MS);
  const recent = named.filter((each) => each.kind === 'partial' && each.asOf < asOf && each.asOf >= oldest);
  const last = recent.at(-1)?.asOf ?? null;
  const counted = new Map<Partition, Timestamp>();
  const sum = new FleetSum(hourOf(last ?? asOf));
  const faults: string[] = [];
  const budget = { retries: MAX_RETRIES };
  for (const partition of last === null ? [] : PARTITIONS) {
    const times = recent.filter((each) => each.partition === partition).map((each) => each.asOf);
    const newest = await newestReadable(files, partition, times, budget);
    if (typeof newest === 'string') faults.push(newest);
    else {
      counted.set(partition, newest.asOf);
      sum.add(newest.partial);
      if (newest.asOf !== last) faults.push(`partition ${partition} counts its run of ${newest.asOf}`);
    }
  }
  return { counted, sum: sum.sum(), faults };
}

/** The newest of these partials that can be read; else a sentence why there is none. */
async function newestReadable(
  files: ContextFiles,
  partition: Partition,
  times: readonly Timestamp[],
  budget: { retries: number },
): Promise<Found | string> {
  let reason: string | null = null;
  for (const asOf of times.toReversed()) {
    try {
      return { asOf, partial: await readPartial(files, asOf, partition) };
    } catch (error) {
      if (!(error instanceof UnreadableFileError)) throw error;
      reason ??= `partition ${partition}: ${error.message}`;
      if (budget.retries === 0) break;
      budget.retries--;
    }
  }
  return reason ?? `partition ${partition} has no partial`;
}

function readPartial(files: ContextFiles, asOf: Timestamp, partition: Partition): Promise<FleetPartial> {
  return readContextFile(files, partialName(asOf, partition), PARTIAL_SECTION, decodePartial);
}

/**
 * What was seen first, with the pairs of this sum; null where there is nothing to add and nothing known. Throws where storage
 * refuses all of these files: what was seen would begin again.
 */
async function seenAfter(
  files: ContextFiles,
  asOf: Timestamp,
  named: readonly NamedFile[],
  { pairs, hours, reports }: FleetPartial,
  lastHour: number,
  hasPartials: boolean,
  faults: string[],
): Promise<FirstSeen | null> {
  const times = named.filter(({ kind, asOf: of }) => kind === 'seen' && of < asOf).map((each) => each.asOf);
  let before: FirstSeen | null = null;
  let refusal: StoreError | null = null;
  for (const time of times.toReversed()) {
    try {
      before = await readContextFile(files, seenName(time), SEEN_SECTION, decodeSeen);
      break;
    } catch (error) {
      if (!(error instanceof UnreadableFileError)) throw error;
      refusal ??= error.refusal;
      faults.push(error.message);
    }
  }
  if (before === null && refusal !== null) throw refusal;
  if (!hasPartials) return before;
  const reported = reports.flatMap((number, at) => (number > 0 ? hours.firstHour + at : []));
  const after = seenWith(before, pairs, lastHour, observedSince(reported));
  await unlessRefused(
    () => files.put(seenName(asOf), encodeContextFile([encodeSeen(after)])),
    ({ message }) => void faults.push(message),
  );
  return after;
}

function regularOf({ pairs }: FleetPartial): Map<number, number> {
  const regular = new Map<number, number>();
  for (const [slot, devices] of pairs.regular) {
    regular.set(pairs.pairAt(slot), devices === 'common' ? Number.POSITIVE_INFINITY : devices.size);
  }
  return regular;
}

/**
 * The pairs that few devices use, and the others; of these those that more than few devices will still use in the windows of the
 * next hours (`STAY_HOURS`). A pair counts at most `MOST_USERS` devices, whatever `rareDevices` is.
 */
function pairsByUse({ pairs, hours }: FleetPartial, rareDevices: number | null) {
  const few = Math.min(rareDevices ?? fewDevicesOf(hours.devices), MOST_USERS);
  const rare: number[] = [];
  const shared: number[] = [];
  const settled: number[] = [];
  for (let slot = 0; slot < pairs.size; slot++) {
    const pair = pairs.pairAt(slot);
    (pairs.usersAt(slot) <= few ? rare : shared).push(pair);
    if (pairs.stayingAt(slot) > few) settled.push(pair);
  }
  return { rare, shared: new PairSet(shared), settled: new PairSet(settled) };
}

/** In order of kind, time and partition. */
async function namedFiles(files: ContextFiles): Promise<NamedFile[]> {
  const names = (await Array.fromAsync(files.names())).flat();
  return names.flatMap((name) => namedFileOf(name) ?? []);
}

/** Two files of what was seen stay, however old they are: after a pause it is still known. */
const KEPT_SEEN = 2;

async function removeOld(files: ContextFiles, asOf: Timestamp, named: readonly NamedFile[]): Promise<void> {
  const oldest = addMs(asOf, -MAX_AGE_MS);
  const seen = named.filter(({ kind, asOf: of }) => kind === 'seen' && of < asOf).slice(0, -KEPT_SEEN);
  const others = named.filter(({ kind, asOf: of }) => kind !== 'seen' && of < oldest);
  for (const { kind, asOf: of, partition } of [...seen, ...others].slice(0, MAX_REMOVED)) {
    if (partition !== null) await files.remove(partialName(of, partition));
    else await files.remove(kind === 'seen' ? seenName(of) : mergedName(of));
  }
}

function newestOf(counted: ReadonlyMap<Partition, Timestamp>): Timestamp | null {
  return [...counted.values()].reduce<Timestamp | null>(
    (newest, asOf) => (newest !== null && newest > asOf ? newest : asOf),
    null,
  );
}

function hourOf(time: Timestamp): number {
  return Math.floor(msOf(time) / HOUR_MS);
}
