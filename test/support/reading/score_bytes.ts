import { timestampOf } from '../../../src/core/kql/timestamp.ts';
import type { DateOrder } from '../../../src/core/records/locale_instant.ts';
import type { Source } from '../../../src/core/records/report.ts';
import { KQL_RULE } from '../../../src/core/scoring/rule.ts';
import { windowOf } from '../../../src/core/scoring/window.ts';
import { formatsOf } from '../../../src/reading/formats.ts';
import { OfflineScore } from '../../../src/scoring/offline_scorer.ts';

const ASK_FOR_ALL = { ...KQL_RULE, minUniformPerDay: 0, minAverage: 0 };

interface Options {
  readonly now?: string;
  readonly days?: number;
  readonly chunkBytes?: number;
  readonly dateOrder?: DateOrder;
  /** Like a pipe: it can be read only once. */
  readonly once?: boolean;
}

/** The result of `score` on the bytes of one file: each hour of each group as text, and each fault. */
export async function scoreBytes(
  bytes: string | Uint8Array,
  sources: readonly Source[] = ['defender'],
  { now = '2026-11-20T12:00:00Z', days = 3, chunkBytes = 1 << 20, dateOrder, once = false }: Options = {},
) {
  const at = timestampOf(now);
  if (at === null) throw new Error(now);
  const faults = new Map<string, number>();
  const offline = new OfflineScore(windowOf(at, days), formatsOf(sources), (_first, byReason) => {
    for (const [reason, times] of byReason) faults.set(reason, (faults.get(reason) ?? 0) + times);
  });
  const open = () => chunksOf(Buffer.from(bytes), chunkBytes);
  const again = once ? undefined : open;
  const reading = await offline.read({ container: '', name: 'x' }, open(), { dateOrder, again });
  const { matched } = await offline.score(ASK_FOR_ALL);
  const hours = matched.flatMap(({ group: { key, series } }) =>
    series.countHours.map((hour, i) => {
      const { DeviceName, InitiatingProcessFileName, RemoteIP } = key;
      return `${DeviceName} ${InitiatingProcessFileName} ${RemoteIP} ${hour.slice(11, 13)}h ${series.ConnCounts[i]}`;
    }),
  );
  return { ...reading, hours: hours.sort(), faults: Object.fromEntries(faults), unknownShape: offline.unknownShape };
}

async function* chunksOf(bytes: Buffer, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}
