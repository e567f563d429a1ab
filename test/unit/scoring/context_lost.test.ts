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

const REQUESTS = ['open', 'read', 'put', 'names', 'remove'] as const;
type Request = (typeof REQUESTS)[number];

/** From now on storage refuses these requests of the context. Gives what ends that. */
function refuse(
  hourly: Hourly,
  requests: readonly Request[],
  isRefused: (name: string) => boolean = () => true,
  errorOf = (subject: string): Error => new StoreError(subject, { status: 503, code: 'ServerBusy' }),
): () => void {
  const { files } = hourly;
  for (const request of requests) {
    const call = files[request] as (...all: unknown[]) => unknown;
    const refusing = (...all: unknown[]) => {
      const name = typeof all[0] === 'string' ? all[0] : '';
      if (isRefused(name)) throw errorOf(`context: ${request}${name && ` of ${name}`}`);
      return call.apply(files, all);
    };
    Object.assign(files, { [request]: refusing });
  }
  return () => {
    for (const request of requests) Reflect.deleteProperty(files, request);
  };
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

  // `decides`: whether the first run with a context counts what those without one left.
  it.each<[string, readonly Request[], string, boolean]>([
    ['open refuses', ['open'], 'context: open of merged/', true],
    ['put refuses', ['put'], 'is missing; context: put of partial/', false],
    ['open and put refuse', ['open', 'put'], 'context: open of merged/', false],
    ['the listing refuses', ['names'], 'context: names failed (503 ServerBusy)', true],
    ['every request is refused', REQUESTS, 'context: open of merged/', false],
  ])('%s: nothing new is notified, and the next run decides', async (_, requests, fault, decides) => {
    const hourly = await decided();
    for (const each of [NEW, SLOW]) await hourly.reports(each, LOST - 6, LOST + 4, each === NEW ? 60 : 12);
    const back = refuse(hourly, requests);
    for (const hour of [LOST, LOST + 1]) {
      expect(await hourly.run(hour)).toEqual([]);
      await expectNothingNew(hourly, hour, fault, hour === LOST);
    }
    back();

    expect(await hourly.run(LOST + 2)).toEqual(decides ? [NEW.groupId] : []);
    expect(await hourly.tenant.detection(OPEN)).toMatchObject({ severity: 'high', revision: 1 });
    expect(await hourly.tenant.detection(SLOW)).toMatchObject({ revision: 0, severity: 'low' });
    expect(await hourly.run(LOST + 3)).toEqual(decides ? [SLOW.groupId] : [NEW.groupId, SLOW.groupId]);
    expect(await contextProblems(hourly)).toEqual([]);
  });

  it('an error of the program in a request of the context is none of storage', async () => {
    const hourly = await decided();
    refuse(hourly, ['put'], undefined, () => new TypeError('put'));
    await expect(hourly.run(LOST)).rejects.toThrow(new TypeError('put'));
  });

  it('known.csv refuses: the run has no context, so that no severity changes', async () => {
    const hourly = new Hourly(SETTINGS);
    await hourly.files.put('known.csv', Buffer.from('list,network,program,hash,reason\nexpected,,updater.exe,,ours\n'));
    await hourly.reports(OPEN, 0, 60, 60);
    for (const hour of hours(16, LOST - 1)) await hourly.run(hour);
    const before = await hourly.tenant.detection(OPEN);
    expect(before).toMatchObject({ severity: 'medium', known: { reason: 'ours' }, decision: { isDecided: true } });

    const restarted = new Hourly(SETTINGS, null, hourly.tenant);
    const back = refuse(restarted, ['open'], (name) => name === 'known.csv');
    expect(await restarted.run(LOST)).toEqual([]);
    for (const run of await restarted.runsOf(LOST))
      expect(run).toMatchObject({
        contextPartitions: 0,
        contextFault: 'context: open of known.csv failed (503 ServerBusy)',
      });
    expect(await restarted.tenant.detection(OPEN)).toMatchObject({ severity: 'medium', revision: before.revision });
    const processes = { partitions: [], asOf: at(LOST), oldestUnreadMs: null, newestReport: '', processes: true };
    expect(await restarted.app.scorePartition(processes)).toMatchObject({
      contextFault: 'context: open of known.csv failed (503 ServerBusy)',
    });
    back();
    await restarted.run(LOST + 1);
    expect(await restarted.tenant.detection(OPEN)).toMatchObject({ severity: 'medium', known: before.known });
  });

  it('old files that cannot be removed, and a file of what was seen that cannot be read, cost no context', async () => {
    const hourly = await decided();
    const seen = `seen/${at(LOST - 1)}`;
    refuse(hourly, ['open'], (name) => name === seen);
    await hourly.run(LOST);
    expect(await contextProblems(hourly)).toEqual([
      `The context of the last run is not whole: context: open of ${seen} failed (503 ServerBusy).`,
    ]);
    refuse(hourly, ['remove']);
    await hourly.run(LOST + 1);
    expect(await contextProblems(hourly)).toEqual([
      expect.stringMatching(
        /^The context of the last run is not whole: context: remove of .* failed \(503 ServerBusy\)\.$/,
      ),
    ]);
  });

  it('a partition that cannot leave its partial is scored, and named', async () => {
    const hourly = await decided();
    refuse(hourly, ['put'], (name) => name.endsWith('/8'));
    await hourly.run(LOST);
    expect(await hourly.runsOf(LOST)).toHaveLength(16);
    expect(await contextProblems(hourly)).toEqual([
      `The context of the last run is not whole: context: put of partial/${at(LOST)}/8 failed (503 ServerBusy).`,
    ]);
  });

  it('a partition that fails in every run does not silence the others', async () => {
    const hourly = new Hourly(SETTINGS);
    const { detections } = hourly.tenant.stores;
    const scan = detections.scan.bind(detections);
    detections.scan = (partition) => {
      if (partition === '8') throw new StoreError('Detections: scan', { status: 503 });
      return scan(partition);
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
