import { Buffer } from 'node:buffer';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/core/kql/timespan.ts';
import { REPLACED, replayed } from '../../../src/ingest/export_state.ts';
import { Ingest } from '../../../src/ingest/ingest.ts';
import { replay } from '../../../src/ingest/replay.ts';
import { sweep } from '../../../src/ingest/sweep.ts';
import { formatsOf } from '../../../src/reading/formats.ts';
import type { Clock } from '../../../src/storage/ports/clock.ts';
import type { ExportState } from '../../../src/storage/ports/export_states.ts';
import type { ExportRef } from '../../../src/storage/ports/exports.ts';
import type { Stores } from '../../../src/storage/ports/stores.ts';
import { Author } from './author.ts';
import { type Call, type Gate, gated, InjectedFault, type Outcome, perform } from './gate.ts';
import type { Ground } from './grounds.ts';
import { type Oracle, readSlowly } from './oracle.ts';
import { Random } from './random.ts';
import { rawEvents } from './raw_events.ts';
import {
  type ClaimedSegment,
  check,
  checkAnnounced,
  checkEnds,
  checkLettersAndCounters,
  checkRows,
  tailHash,
  type Version,
  Violation,
} from './verify.ts';

const START = Date.UTC(2026, 10, 20, 12);
/** Long enough that nothing drops out while the clock jumps. */
const RETENTION_DAYS = 20;
const FORMATS = [...formatsOf(['defender']), rawEvents];
const SETTINGS = { retentionDays: RETENTION_DAYS, historyDays: 90 };
/** How far the clock of a worker may be off. */
const SKEW_MS = 5 * MINUTE_MS;
/** Lines of a trace that are printed. */
const MAX_TRACE = 300;
/** A worker that calls more often than this does not get on. */
const MAX_CALLS = 5_000;

export type MakeGround = (clock: Clock, random: () => number) => Promise<Ground> | Ground;

export interface Played {
  /** Storage calls that were let through, and what came between them. */
  readonly steps: number;
  readonly trace: readonly string[];
}

/**
 * Plays the schedule of a seed: exporters that append, repeat and replace; workers that are started by hints and by
 * sweeps, interleaved at every storage call, some of them on clocks of their own; calls that fail before and after they
 * take effect, answers that are lost, workers that die or stop for days. Then clean workers finish what a sweep finds,
 * the stopped ones wake up, and what is left must be that of a clean pass. `maxSteps` cuts the wild part short.
 * Throws with the trace where it is not.
 */
export async function playSchedule(
  seed: number,
  ground: MakeGround,
  maxSteps = Number.POSITIVE_INFINITY,
): Promise<Played> {
  const run = await Run.begin(seed, ground);
  try {
    await run.wild(maxSteps);
    await run.finish();
    await run.wake();
    await run.finish();
    await run.verify();
    return { steps: run.trace.length, trace: run.trace };
  } catch (error) {
    throw new ScheduleError(seed, run.wildSteps, run.trace, error);
  }
}

/** Plays it, and on failure looks for the shortest beginning of it that fails too. */
export async function playAndShorten(seed: number, ground: MakeGround): Promise<Played> {
  try {
    return await playSchedule(seed, ground);
  } catch (error) {
    let shortest = error as ScheduleError;
    for (let steps = 1; steps < shortest.wildSteps; steps++) {
      try {
        await playSchedule(seed, ground, steps);
      } catch (shorter) {
        shortest = shorter as ScheduleError;
      }
    }
    throw shortest;
  }
}

export class ScheduleError extends Error {
  override readonly name = 'ScheduleError';
  readonly wildSteps: number;

  constructor(seed: number, wildSteps: number, trace: readonly string[], cause: unknown) {
    const what = cause instanceof Error ? (cause instanceof Violation ? cause.message : cause.stack) : String(cause);
    super(`seed ${seed}, ${wildSteps} steps: ${what}\n  ${trace.slice(-MAX_TRACE).join('\n  ')}`, { cause });
    this.wildSteps = wildSteps;
  }
}

interface ModelExport {
  readonly ref: ExportRef;
  current: Version;
  readonly replaced: Version[];
  /** By generation and end. */
  readonly segments: Map<string, ClaimedSegment>;
  /** Generations that were left by force. */
  readonly forced: Set<number>;
}

interface Pending {
  readonly call: Call;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Worker {
  readonly name: string;
  readonly pending: Pending[];
  state: 'at work' | 'stopped' | 'dead' | 'done';
}

class Death extends Error {}

/** Of what a schedule does to a worker; a sweep gathers errors. */
function isOurs(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.every(isOurs);
  return error instanceof InjectedFault || error instanceof Death;
}

class Run {
  readonly trace: string[] = [];
  wildSteps = 0;
  readonly #random: Random;
  readonly #author: Author;
  /** Raw events for a hundred other records. */
  readonly #raw: number;
  readonly #segmentBytes: number;
  readonly #blockBytes: number;
  readonly #faultRate: number;
  readonly #exports: ModelExport[] = [];
  readonly #workers: Worker[] = [];
  readonly #states = new Map<string, ExportState>();
  #ground!: Ground;
  #stores!: Stores;
  #queue: ExportRef[] = [];
  #now = START;
  #failure: Error | null = null;

  static async begin(seed: number, ground: MakeGround): Promise<Run> {
    const run = new Run(seed);
    run.#ground = await ground(() => run.#now, run.#random.next);
    run.#stores = run.#observed(run.#ground.stores);
    return run;
  }

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.#raw = this.#random.pick([0, 0, 30, 300]);
    this.#author = new Author(this.#random, START, this.#raw);
    this.#segmentBytes = this.#random.pick([150, 800, 2_500, 10_000, 64 * 1024 * 1024]);
    this.#blockBytes = this.#random.pick([300, 1_500, 4 * 1024 * 1024]);
    this.#faultRate = this.#random.pick([0, 0.03, 0.1]);
    const count = this.#random.int(1, 3);
    for (let n = 0; n < count; n++) {
      const ref = { container: 'exports', name: `export-${n}` };
      this.#exports.push({
        ref,
        current: { bytes: Buffer.alloc(0), grown: [] },
        replaced: [],
        segments: new Map(),
        forced: new Set(),
      });
    }
  }

  // ── The wild part ────────────────────────────────────────────────────────────────────────────────────────────────

  async wild(maxSteps: number): Promise<void> {
    await this.#append();
    const steps = this.#random.int(10, 220);
    for (; this.wildSteps < Math.min(steps, maxSteps); this.wildSteps++) await this.#step();
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const busy = this.#workers.filter((worker) => worker.state === 'at work' && worker.pending.length > 0);
    const action = random.weighted({
      call: busy.length > 0 ? 80 : 0,
      start: busy.length < 4 ? 8 : 1,
      append: 8,
      sweep: 1,
      clock: 4,
      stop: busy.length > 0 ? 1.5 : 0,
      resume: 1,
      replace: 1.5,
      replay: 1,
      force: 1,
    });
    switch (action) {
      case 'call':
        return await this.#call(random.pick(busy), this.#outcome());
      case 'start':
        return await this.#ingest(this.#hint());
      case 'append':
        return await this.#append();
      case 'sweep':
        return await this.#start('sweep', (stores, clock) => this.#sweep(stores, clock));
      case 'clock':
        return this.#jump(
          random.pick([1_000, MINUTE_MS, 5 * MINUTE_MS, 11 * MINUTE_MS, HOUR_MS, 7 * HOUR_MS, 25 * HOUR_MS]),
        );
      case 'stop':
        random.pick(busy).state = 'stopped';
        return;
      case 'resume':
        for (const worker of this.#workers)
          if (worker.state === 'stopped' && random.chance(0.5)) worker.state = 'at work';
        return;
      case 'replace':
        return await this.#replace();
      case 'replay':
        return await this.#replay();
      case 'force':
        return await this.#force();
    }
  }

  #outcome(): Outcome | 'die-before' | 'die-after' {
    if (!this.#random.chance(this.#faultRate)) return 'run';
    return this.#random.pick(['fail-before', 'fail-after', 'refuse-after', 'die-before', 'die-after'] as const);
  }

  /** The export of a message, delivered once or more often; or one that nobody announced. */
  #hint(): ExportRef {
    if (this.#queue.length === 0 || this.#random.chance(0.3)) return this.#random.pick(this.#exports).ref;
    return this.#random.chance(0.8) ? (this.#queue.shift() as ExportRef) : (this.#queue[0] as ExportRef);
  }

  async #append(): Promise<void> {
    const { ref, current } = this.#random.pick(this.#exports);
    const lines = this.#author.lines(this.#random.int(1, 6));
    // What is left of the lines comes with the next piece: an append may end anywhere, also within a character.
    const rest = this.#rests.get(current) ?? Buffer.alloc(0);
    const whole = Buffer.concat([rest, this.#isOpen(current, rest) ? Buffer.from('\r\n') : Buffer.alloc(0), lines]);
    const length = this.#random.chance(0.5) ? whole.length : this.#random.int(1, whole.length);
    this.#rests.set(current, whole.subarray(length));
    await this.#put(ref, current, whole.subarray(0, length));
  }

  readonly #rests = new Map<Version, Buffer>();

  #isOpen(version: Version, rest: Buffer): boolean {
    const last = rest.length > 0 ? rest.at(-1) : version.bytes.at(-1);
    return last !== undefined && last !== 10;
  }

  async #put(ref: ExportRef, version: Version, bytes: Buffer): Promise<void> {
    this.trace.push(`append ${bytes.length} to ${ref.name} at ${version.bytes.length}`);
    await this.#ground.append(ref, bytes);
    version.bytes = Buffer.concat([version.bytes, bytes]);
    version.grown.push({ length: version.bytes.length, at: this.#now });
  }

  /** Puts other lines in the place of an export: fewer, as many bytes, or more. */
  async #replace(): Promise<void> {
    const model = this.#random.pick(this.#exports);
    if (model.current.bytes.length === 0) return;
    // Times of creation are in whole seconds.
    this.#now += 1_000;
    let bytes = this.#author.lines(this.#random.int(1, 12));
    const headEnd = model.current.bytes.lastIndexOf(10, model.current.bytes.length - 1_100);
    if (headEnd > 0 && this.#raw === 0 && this.#random.chance(0.3)) {
      // The same end: only by its time of creation it is another one.
      while (bytes.length < headEnd) bytes = Buffer.concat([bytes, Buffer.from('\r\n'), this.#author.lines(5)]);
      bytes = Buffer.concat([bytes.subarray(0, headEnd), model.current.bytes.subarray(headEnd)]);
    } else if (this.#random.chance(0.3)) {
      const { length } = model.current.bytes;
      while (bytes.length < length) bytes = Buffer.concat([bytes, Buffer.from('\r\n'), this.#author.lines(5)]);
      bytes = bytes.subarray(0, length);
    }
    this.trace.push(`replace ${model.ref.name} of ${model.current.bytes.length} by ${bytes.length}`);
    await this.#ground.replace(model.ref, bytes);
    model.current.replacedAt = this.#now;
    model.replaced.push(model.current);
    model.current = { bytes, grown: [{ length: bytes.length, at: this.#now }] };
  }

  async #replay(): Promise<void> {
    const { ref } = this.#random.pick(this.#exports);
    const found = await this.#ground.stores.exportStates.get(ref);
    if (!found) return;
    this.trace.push(`replay ${ref.name}`);
    const row = replayed(found.row);
    await this.#ground.stores.exportStates.replace(row, found.version);
    this.#states.set(ref.name, row);
  }

  /** Has the exports read that are refused, as somebody does who would rather count twice. */
  async #force(): Promise<void> {
    const { exportStates } = this.#ground.stores;
    for (const { ref, forced } of this.#exports) {
      const found = await exportStates.get(ref);
      if (!found?.row.refused) continue;
      this.trace.push(`replay --force ${ref.name}`);
      check(await replay(exportStates, ref, true), `${ref.name}: not replayed`);
      forced.add(found.row.generation);
      const after = await exportStates.get(ref);
      if (after) this.#states.set(ref.name, after.row);
    }
  }

  #jump(ms: number): void {
    this.trace.push(`clock +${ms / MINUTE_MS} min`);
    this.#now += ms;
  }

  // ── Workers ──────────────────────────────────────────────────────────────────────────────────────────────────────

  async #ingest(ref: ExportRef): Promise<void> {
    const budgetMs = this.#random.chance(0.3) ? 0 : HOUR_MS;
    const name = `worker-${this.#workers.length}`;
    await this.#start(`ingest ${ref.name}`, async (stores, clock) => {
      const { end } = await this.#ingestOf(stores, clock, name).ingest(ref, budgetMs);
      if (end === 'more') this.#queue.push(ref);
    });
  }

  #ingestOf(stores: Stores, clock: Clock, name: string): Ingest {
    const settings = { ...SETTINGS, segmentBytes: this.#segmentBytes, blockBytes: this.#blockBytes };
    return new Ingest(stores, FORMATS, settings, clock, () => name);
  }

  async #start(what: string, work: (stores: Stores, clock: Clock) => Promise<unknown>): Promise<void> {
    const worker: Worker = { name: `worker-${this.#workers.length}`, pending: [], state: 'at work' };
    this.#workers.push(worker);
    this.trace.push(`${worker.name} starts: ${what}`);
    const gate: Gate = (call) => this.#wait(worker, call);
    const skewMs = this.#random.pick([0, 0, 0, SKEW_MS, -SKEW_MS]);
    const ended = (error?: unknown): void => {
      if (worker.state !== 'dead') worker.state = 'done';
      this.trace.push(`${worker.name} ends${error === undefined ? '' : `: ${error}`}`);
      if (error === undefined || isOurs(error)) return;
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
    };
    work(gated(this.#stores, gate), () => this.#now + skewMs).then(() => ended(), ended);
    await idle();
    this.#throwFailure();
  }

  #wait<T>(worker: Worker, call: Call<T>): Promise<T> {
    // A dead worker does nothing any more: to storage, that none of its calls arrives is the same.
    if (worker.state === 'dead') return Promise.reject(new Death());
    return new Promise<T>((resolve, reject) => {
      worker.pending.push({ call, resolve: resolve as Pending['resolve'], reject });
    });
  }

  async #call(worker: Worker, outcome: Outcome | 'die-before' | 'die-after'): Promise<void> {
    const { pending } = worker;
    const [{ call, resolve, reject }] = pending.splice(this.#random.int(0, pending.length - 1), 1) as [Pending];
    this.trace.push(`${worker.name} ${call.op}${outcome === 'run' ? '' : ` ${outcome}`}`);
    if (outcome === 'die-before' || outcome === 'die-after') {
      worker.state = 'dead';
      if (outcome === 'die-after') await call.run();
      // What else was on its way may arrive all the same.
      for (const other of pending) if (this.#random.chance(0.5)) await other.call.run();
      for (const { reject: bury } of [...pending.splice(0), { reject }]) bury(new Death());
    } else {
      await perform(call, outcome).then(resolve, reject);
    }
    await idle();
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure;
  }

  async #sweep(stores: Stores, clock: Clock): Promise<void> {
    await sweep(stores, { ...SETTINGS, containers: ['none', 'exports'] }, clock);
  }

  /** Storage as the workers share it: the queue is ours, and each state that is written must follow on the one before. */
  #observed(stores: Stores): Stores {
    const { exportStates } = stores;
    const written = (row: ExportState, version: string | null): string | null => {
      if (version === null) return null;
      const before = this.#states.get(row.name);
      this.#states.set(row.name, row);
      if (before) this.#checkFollows(before, row);
      return version;
    };
    return {
      ...stores,
      exportStates: {
        get: (ref) => exportStates.get(ref),
        list: (container) => exportStates.list(container),
        insert: async (row) => written(row, await exportStates.insert(row)),
        replace: async (row, version) => written(row, await exportStates.replace(row, version)),
        remove: () => {
          throw new Violation('a state was removed');
        },
      },
      queues: {
        send: async (queue, message) => {
          check(queue === 'ingest', `message on ${queue}`);
          this.#queue.push(message as ExportRef);
        },
        waiting: async () => this.#queue.length,
        lengths: async () => ({ ingest: this.#queue.length }),
        takePoison: async () => ({}),
      },
    };
  }

  #checkFollows(before: ExportState, row: ExportState): void {
    const model = this.#exports.find(({ ref }) => ref.name === row.name) as ModelExport;
    if (row.generation !== before.generation) {
      check(row.generation === before.generation + 1 && row.ends.length === 0, `${row.name}: a strange generation`);
      check(row.generation <= model.replaced.length, `${row.name}: begun anew, and was not replaced`);
      const isCounted = [...model.segments.values()].some(
        ({ generation, hasRaw }) => generation === before.generation && hasRaw,
      );
      check(!isCounted, `${row.name}: begun anew, though raw events of it were counted`);
      return;
    }
    if (row.refused) {
      check(row.reason === REPLACED && row.raw, `${row.name}: refused: ${row.reason}`);
      check(model.replaced.length > 0 && this.#raw > 0, `${row.name}: refused without reason`);
    }
    const stand = before.ends.every((end, index) => row.ends[index] === end);
    check(stand, `${row.name}: cuts ${before.ends.join(' ')} became ${row.ends.join(' ')}`);
    check(row.applied >= before.applied, `${row.name}: segment ${before.applied} became undone`);
    if (row.ends.length > before.ends.length) this.#noteClaim(model, row);
    if (row.applied > before.applied) this.#noteCommit(model, row, before.applied);
  }

  #noteClaim({ current, replaced, segments }: ModelExport, { generation, ends, tail }: ExportState): void {
    const [start = 0, end = 0] = [ends.at(-2), ends.at(-1)];
    const isOf = ({ bytes }: Version): boolean => bytes.length >= end && tailHash(bytes, end) === tail;
    const versions = [current, ...replaced.toReversed()].filter(isOf);
    segments.set(`${generation} ${end}`, { versions, generation, start, end, committed: false, hasRaw: false });
  }

  #noteCommit({ segments }: ModelExport, { name, generation, ends }: ExportState, index: number): void {
    const segment = segments.get(`${generation} ${ends[index]}`);
    check(segment !== undefined, `${name}: committed, and never leased`);
    segment.committed = true;
    const { versions, start, end } = segment;
    const keptSince = this.#now + SKEW_MS - RETENTION_DAYS * DAY_MS;
    segment.hasRaw ||= versions.every(({ bytes }) =>
      readSlowly(bytes, start, end, this.#oracle).hours.some(({ timeMs }) => timeMs > keptSince),
    );
  }

  get #oracle(): Oracle {
    return { fateOf: (model) => this.#author.fateOf(model), blockBytes: this.#blockBytes };
  }

  // ── The end ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Sweeps and clean workers alone, until a sweep finds nothing. */
  async finish(): Promise<void> {
    for (const { ref, current } of this.#exports) {
      const rest = this.#rests.get(current);
      this.#rests.delete(current);
      if (rest && rest.length > 0) await this.#put(ref, current, rest);
    }
    for (let round = 0; round < 10; round++) {
      this.#jump(round < 3 ? 7 * HOUR_MS : 25 * HOUR_MS);
      this.#queue = [];
      await this.#clean((stores, clock) => this.#sweep(stores, clock));
      const found = this.#queue;
      if (found.length === 0) return;
      for (const ref of found) await this.#clean((stores, clock) => this.#finishOne(ref, stores, clock));
    }
    throw new Violation(`stranded: ${JSON.stringify([...this.#states.values()])}`);
  }

  async #finishOne(ref: ExportRef, stores: Stores, clock: Clock): Promise<void> {
    const { end } = await this.#ingestOf(stores, clock, `clean-${this.trace.length}`).ingest(ref, DAY_MS);
    this.trace.push(`clean worker: ${ref.name} ${end}`);
  }

  async #clean(work: (stores: Stores, clock: Clock) => Promise<unknown>): Promise<void> {
    let calls = 0;
    const counting: Gate = (call) => {
      check(++calls < MAX_CALLS, 'a worker does not come to an end');
      return call.run();
    };
    await work(gated(this.#stores, counting), () => this.#now);
  }

  /** Those that stopped go on where they were, days later. */
  async wake(): Promise<void> {
    for (let calls = 0; ; calls++) {
      const awake = this.#workers.filter(({ state, pending }) => state !== 'dead' && pending.length > 0);
      if (awake.length === 0) return;
      check(calls < MAX_CALLS, 'a worker does not come to an end');
      await this.#call(this.#random.pick(awake), 'run');
    }
  }

  async verify(): Promise<void> {
    const exports = [];
    for (const { ref, ...model } of this.#exports) {
      const found = await this.#ground.stores.exportStates.get(ref);
      check(found !== null || model.current.bytes.length === 0, `${ref.name}: never read`);
      if (!found) continue;
      // A content that is replaced while its first segment is cut can give it more: two readings look for its end.
      const maxBytes = model.replaced.length > 0 ? Number.POSITIVE_INFINITY : this.#segmentBytes;
      checkEnds(found.row, model.current, model.replaced, maxBytes, this.#now, SKEW_MS);
      exports.push({ ...model, state: found.row, segments: [...model.segments.values()] });
    }
    const expiredAt = this.#now + SKEW_MS - RETENTION_DAYS * DAY_MS;
    const finished = { stores: this.#ground.stores, oracle: this.#oracle, expiredAt, exports };
    await checkLettersAndCounters(finished);
    await checkRows(finished);
    await checkAnnounced(this.#ground.stores);
  }
}

/** All that can go on without storage has gone on. */
async function idle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
