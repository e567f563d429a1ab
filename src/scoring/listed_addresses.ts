import { isDeepStrictEqual } from 'node:util';
import { DAY_MS } from '../core/kql/timespan.ts';
import { msOf, type Timestamp } from '../core/kql/timestamp.ts';
import { compareText } from '../core/text/compare_text.ts';
import { BAD, unlessBad } from '../storage/bad_rows.ts';
import { groupIdOf } from '../storage/keys.ts';
import { CONFLICT, retryOnConflict } from '../storage/optimistic.ts';
import type { ListedAddresses } from '../storage/ports/detections.ts';
import type { Stores } from '../storage/ports/stores.ts';
import type { ListedProcess } from './context/process_views.ts';

/** Lists in memory. */
const MAX_LISTS = 10_000;
/** Lists that one run writes: each costs a request. The next runs write what is left. */
const MAX_WRITTEN = 24;

interface ListToWrite {
  readonly id: string;
  readonly remoteIPs: readonly string[];
  readonly version: string;
  /** When the list was written last; '' for never. */
  readonly writtenAt: Timestamp | '';
}

/**
 * Lists the other rare addresses of a process under the detections of those that match by themselves. What is stored is read by one
 * query, at the end: a request for each took 267 an hour in a fleet of 200,000 groups, though hardly a list changes.
 */
export class AddressLists {
  readonly #stores: Pick<Stores, 'detections'>;
  readonly #asOf: Timestamp;
  readonly #most: number;
  /** By the id of the detection. */
  readonly #lists = new Map<string, readonly string[]>();

  constructor(stores: Pick<Stores, 'detections'>, asOf: Timestamp, most = MAX_WRITTEN) {
    this.#stores = stores;
    this.#asOf = asOf;
    this.#most = most;
  }

  /** Takes note of the lists of a process. */
  put({ kind: _kind, groupId: _id, matching, others, ...key }: ListedProcess): void {
    if (others.length === 0) return;
    for (const RemoteIP of matching) {
      if (this.#lists.size === MAX_LISTS) return;
      this.#lists.set(groupIdOf({ ...key, RemoteIP }), others);
    }
  }

  /** Writes the lists that are to be written: new ones first, then what was written longest ago, so that each has its turn. */
  async write(): Promise<void> {
    const toWrite = this.#lists.size === 0 ? [] : await this.#toWrite();
    toWrite.sort((a, b) => compareText(a.writtenAt, b.writtenAt));
    for (const each of toWrite.slice(0, this.#most)) await this.#write(each);
  }

  async #toWrite(): Promise<ListToWrite[]> {
    const toWrite: ListToWrite[] = [];
    for await (const page of this.#stores.detections.activeLists()) {
      for (const { row, version } of page) {
        const remoteIPs = this.#lists.get(row.id);
        if (remoteIPs === undefined) continue;
        if (!this.#isToWrite(row.otherAddresses, remoteIPs)) continue;
        toWrite.push({ id: row.id, remoteIPs, version, writtenAt: row.otherAddresses?.asOf ?? '' });
      }
    }
    return toWrite;
  }

  async #write({ id, remoteIPs, version }: ListToWrite): Promise<void> {
    const { detections } = this.#stores;
    const listed = { asOf: this.#asOf, remoteIPs };
    if ((await detections.listAddresses(id, listed, version)) !== null) return;
    await retryOnConflict('detection', async () => {
      const found = await unlessBad(detections.get(id));
      if (found === BAD || found === null || found.row.detection.state === 'resolved') return true;
      if (!this.#isToWrite(found.row.otherAddresses ?? null, remoteIPs)) return true;
      return (await detections.listAddresses(id, listed, found.version)) === null ? CONFLICT : true;
    });
  }

  /** Lists that are new or changed; and once a day, so that a reader sees that a list is of now. */
  #isToWrite(stored: ListedAddresses | null, remoteIPs: readonly string[]): boolean {
    if (stored === null) return true;
    if (stored.asOf >= this.#asOf) return false;
    const isOld = msOf(this.#asOf) - msOf(stored.asOf) >= DAY_MS;
    return isOld || !isDeepStrictEqual([...stored.remoteIPs].sort(), [...remoteIPs].sort());
  }
}
