import { describe, expect, it } from 'vitest';
import { createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import { MINUTE_MS } from '../../../src/core/kql/timespan.ts';
import { msOf } from '../../../src/core/kql/timestamp.ts';
import type { Sink } from '../../../src/notify/sink.ts';
import type { ContextFiles } from '../../../src/storage/ports/context.ts';
import type { Run } from '../../../src/storage/ports/runs.ts';
import { StoreError } from '../../../src/storage/ports/store_error.ts';
import { at, type Group, group, hours, Tenant } from '../../support/scoring/tenant.ts';

const CONFIG = readConfig({
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  LOOKBACK_DAYS: '0.5',
  MIN_UNIFORM_PER_DAY: '8',
  BASELINE_HOURS: '0',
});
/** It was decided long before. */
const OPEN = group(1, '30000001');
/** Both match for the first time in the run that has no context; the second one below the KQL rule's average. */
const NEW = group(2, 'a0000001');
const SLOW = group(3, 'a0000002');
const LOST = 24;

/** A tenant whose runs come hour by hour. */
class Hourly {
  readonly tenant = new Tenant();
  readonly #notified: string[] = [];
  readonly #app;
  #now = 0;

  constructor() {
    const soc: Sink = {
      name: 'soc',
      fingerprint: 'x',
      minSeverity: 'low',
      digests: null,
      send: async ({ detections }) => {
        this.#notified.push(...detections.map(({ groupId }) => groupId));
        return { kind: 'sent', answer: '200' };
      },
    };
    this.#app = createApp(CONFIG, { stores: this.tenant.stores, clock: () => this.#now, sinks: [soc] });
  }

  get files(): ContextFiles {
    return this.tenant.stores.context;
  }

  /** Tables and context as they are; returns the ids that the sink received in this hour, in order. */
  async run(hour: number): Promise<string[]> {
    const { queues } = this.tenant.stores;
    this.#now = msOf(at(hour)) + 46 * MINUTE_MS;
    this.#notified.length = 0;
    await this.#app.scoreWindows();
    for (const message of queues.score.splice(0)) await this.#score(message);
    for (const message of queues.notify.splice(0)) await this.#app.notify(message);
    return this.#notified.toSorted();
  }

  /** The host tries a message again; here the next run does. */
  async #score(message: unknown): Promise<void> {
    try {
      await this.#app.scorePartition(message);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }

  async runsOf(hour: number): Promise<Run[]> {
    const runs = await Array.fromAsync(this.tenant.stores.runs.since(at(hour)));
    return runs.filter(({ asOf }) => asOf === at(hour));
  }

  async contextProblems(): Promise<string[]> {
    const { problems } = await this.#app.health();
    return problems.filter((each) => each.includes('context'));
  }

  async reports(of: Group, from: number, to: number, count: number): Promise<void> {
    await this.tenant.reports(of, hours(from, to), count);
  }

  async replaceAll(change: (bytes: Buffer) => Buffer): Promise<void> {
    for (const name of await this.names()) {
      const { bytes = Buffer.alloc(0) } = (await this.files.open(name, 1e9)) ?? {};
      await this.files.put(name, change(Buffer.from(bytes)));
    }
  }

  async removeAll(): Promise<void> {
    for (const name of await this.names()) await this.files.remove(name);
  }

  async names(): Promise<string[]> {
    return (await Array.fromAsync(this.files.names())).flat();
  }
}

async function decided(): Promise<Hourly> {
  const hourly = new Hourly();
  await hourly.reports(OPEN, 0, 200, 60);
  const sent: string[] = [];
  for (const hour of hours(16, LOST - 1)) sent.push(...(await hourly.run(hour)));
  expect(sent).toEqual([OPEN.groupId]);
  expect(await hourly.tenant.detection(OPEN)).toMatchObject({ severity: 'high', decision: { isDecided: true } });
  expect(await hourly.contextProblems()).toEqual([]);
  return hourly;
}

interface Loss {
  readonly lose: (hourly: Hourly) => Promise<void>;
  /** The hours without a run before the first one without context. */
  readonly pause: number;
  readonly fault: string;
}

const LOSSES: Readonly<Record<string, Loss>> = {
  missing: {
    lose: (hourly) => hourly.removeAll(),
    pause: 0,
    fault: 'there is no context: 0 of 16 partitions have a partial of the last 24 hours',
  },
  'older than a day': {
    lose: async () => {},
    pause: 25,
    fault: 'there is no context: 0 of 16 partitions have a partial of the last 24 hours',
  },
  'of another version': {
    lose: (hourly) => hourly.replaceAll((bytes) => Buffer.from([...bytes.subarray(0, 4), 1, ...bytes.subarray(5)])),
    pause: 0,
    fault: 'is of another version',
  },
  'half-written': {
    lose: (hourly) => hourly.replaceAll((bytes) => bytes.subarray(0, bytes.length - 1)),
    pause: 0,
    fault: 'is damaged',
  },
};

const NO_CONTEXT = 'No context yet: this run cannot compare it with the other devices';

/** What is true of a run without a context, whether it is the first one or the next. */
async function expectNothingNew(hourly: Hourly, hour: number, fault: string, isFirst: boolean): Promise<void> {
  const runs = await hourly.runsOf(hour);
  expect(runs).toHaveLength(16);
  for (const run of runs)
    expect(run).toMatchObject({ contextPartitions: 0, contextFault: expect.stringContaining(fault) });
  const kept = `${NO_CONTEXT}, so its severity stays as it was.`;
  expect(await hourly.tenant.detection(OPEN)).toMatchObject({
    ...{ severity: 'high', severityReason: kept, revision: 1, lastMatched: at(hour) },
  });
  expect(await hourly.tenant.detection(NEW)).toMatchObject({
    ...{ severity: 'low', severityReason: isFirst ? `${NO_CONTEXT}.` : kept },
    ...{ revision: 0, decision: { isDecided: false } },
  });
  expect(await hourly.tenant.row(SLOW)).toBeNull();
  // One run without a context is nothing yet: the first one never has one.
  const problems = await hourly.contextProblems();
  if (isFirst) expect(problems).toEqual([]);
  else
    expect(problems).toEqual([
      expect.stringMatching(/^The last 2 runs had no context, so no new detection is notified: /),
    ]);
}

describe('context_lost', () => {
  it.each(Object.entries(LOSSES))('%s: nothing new is notified, and the next run decides', async (_, loss) => {
    const hourly = await decided();
    const first = LOST + loss.pause;
    for (const each of [NEW, SLOW]) await hourly.reports(each, first - 6, first - 1, each === NEW ? 60 : 12);
    await loss.lose(hourly);
    expect(await hourly.run(first)).toEqual([]);
    await expectNothingNew(hourly, first, loss.fault, true);

    for (const each of [NEW, SLOW]) await hourly.reports(each, first, first + 3, each === NEW ? 60 : 12);
    if (loss.pause === 0) await loss.lose(hourly);
    else await hourly.removeAll();
    expect(await hourly.run(first + 1)).toEqual([]);
    await expectNothingNew(hourly, first + 1, loss.pause === 0 ? loss.fault : 'there is no context', false);

    // The runs without one have left what the next one needs.
    expect(await hourly.run(first + 2)).toEqual([NEW.groupId]);
    expect(await hourly.tenant.detection(NEW)).toMatchObject({ revision: 1, decision: { isDecided: true } });
    expect(await hourly.tenant.detection(SLOW)).toMatchObject({ revision: 0, severity: 'low' });
    expect(await hourly.run(first + 3)).toEqual([SLOW.groupId]);
    expect(await hourly.contextProblems()).toEqual([]);
  });

  it('a partition that fails in every run does not silence the others', async () => {
    const hourly = new Hourly();
    const { context } = hourly.tenant.stores;
    const put = context.put.bind(context);
    context.put = async (name, bytes) => {
      if (/^partial\/.*\/8$/.test(name)) throw new StoreError('context: put failed (503)');
      await put(name, bytes);
    };
    await hourly.reports(OPEN, 0, 60, 60);
    const sent: string[] = [];
    for (const hour of hours(16, 19)) {
      sent.push(...(await hourly.run(hour)));
      const runs = await hourly.runsOf(hour);
      expect(runs).toHaveLength(15);
      if (hour > 16)
        for (const run of runs)
          expect(run).toMatchObject({ contextPartitions: 15, contextFault: 'partition 8 has no partial' });
    }
    expect(sent).toEqual([OPEN.groupId]);
    expect(await hourly.contextProblems()).toEqual([
      'The context of the last run is not whole: partition 8 has no partial.',
    ]);
  });

  it('a partition whose last partial is missing is decided by the next one that counts its run', async () => {
    const hourly = await decided();
    await hourly.reports(NEW, LOST - 6, LOST + 9, 60);
    expect(await hourly.run(LOST)).toEqual([]);
    // The context of the next run counts an older run of this partition.
    await hourly.files.remove(`partial/${at(LOST)}/a`);
    expect(await hourly.run(LOST + 1)).toEqual([]);
    expect(await hourly.tenant.detection(NEW)).toMatchObject({ revision: 0, severity: 'low' });
    expect(await hourly.contextProblems()).toEqual([
      `The context of the last run is not whole: partition a counts its run of ${at(LOST - 1)}.`,
    ]);
    expect(await hourly.run(LOST + 2)).toEqual([NEW.groupId]);
  });
});
