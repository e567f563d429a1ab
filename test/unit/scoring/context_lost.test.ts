import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/storage/ports/store_error.ts';
import { Hourly } from '../../support/scoring/hourly.ts';
import { at, group, hours } from '../../support/scoring/tenant.ts';

const SETTINGS = { LOOKBACK_DAYS: '0.5', MIN_UNIFORM_PER_DAY: '8', BASELINE_HOURS: '0' };
/** It was decided long before. */
const OPEN = group(1, '30000001');
/** Both match for the first time in the run that has no context; the second one below the KQL rule's average. */
const NEW = group(2, 'a0000001');
const SLOW = group(3, 'a0000002');
const LOST = 24;

async function replaceAll(hourly: Hourly, change: (bytes: Buffer) => Buffer): Promise<void> {
  for (const name of await hourly.contextNames()) {
    const { bytes = Buffer.alloc(0) } = (await hourly.files.open(name, 1e9)) ?? {};
    await hourly.files.put(name, change(Buffer.from(bytes)));
  }
}

async function removeAll(hourly: Hourly): Promise<void> {
  for (const name of await hourly.contextNames()) await hourly.files.remove(name);
}

async function contextProblems(hourly: Hourly): Promise<string[]> {
  const { problems } = await hourly.app.health();
  return problems.filter((each) => each.includes('context'));
}

async function decided(): Promise<Hourly> {
  const hourly = new Hourly(SETTINGS);
  await hourly.reports(OPEN, 0, 200, 60);
  const sent: string[] = [];
  for (const hour of hours(16, LOST - 1)) sent.push(...(await hourly.run(hour)));
  expect(sent).toEqual([OPEN.groupId]);
  expect(await hourly.tenant.detection(OPEN)).toMatchObject({ severity: 'high', decision: { isDecided: true } });
  expect(await contextProblems(hourly)).toEqual([]);
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
    lose: (hourly) => removeAll(hourly),
    pause: 0,
    fault: 'there is no context: 0 of 16 partitions have a partial of the last 24 hours',
  },
  'older than a day': {
    lose: async () => {},
    pause: 25,
    fault: 'there is no context: 0 of 16 partitions have a partial of the last 24 hours',
  },
  'of another version': {
    lose: (hourly) => replaceAll(hourly, (bytes) => Buffer.from([...bytes.subarray(0, 4), 1, ...bytes.subarray(5)])),
    pause: 0,
    fault: 'is of another version',
  },
  'half-written': {
    lose: (hourly) => replaceAll(hourly, (bytes) => bytes.subarray(0, bytes.length - 1)),
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
  // What regularity alone finds is no match of such a run: SLOW is none.
  expect(runs.reduce((sum, { detections }) => sum + detections, 0)).toBe(2);
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
  const problems = await contextProblems(hourly);
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
    else await removeAll(hourly);
    expect(await hourly.run(first + 1)).toEqual([]);
    await expectNothingNew(hourly, first + 1, loss.pause === 0 ? loss.fault : 'there is no context', false);

    // The runs without one have left what the next one needs.
    expect(await hourly.run(first + 2)).toEqual([NEW.groupId]);
    expect(await hourly.tenant.detection(NEW)).toMatchObject({ revision: 1, decision: { isDecided: true } });
    expect(await hourly.tenant.detection(SLOW)).toMatchObject({ revision: 0, severity: 'low' });
    expect(await hourly.run(first + 3)).toEqual([SLOW.groupId]);
    expect(await contextProblems(hourly)).toEqual([]);
  });

  it('a partition that fails in every run does not silence the others', async () => {
    const hourly = new Hourly(SETTINGS);
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
    expect(await contextProblems(hourly)).toEqual([
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
    expect(await contextProblems(hourly)).toEqual([
      `The context of the last run is not whole: partition a counts its run of ${at(LOST - 1)}.`,
    ]);
    expect(await hourly.run(LOST + 2)).toEqual([NEW.groupId]);
  });
});
