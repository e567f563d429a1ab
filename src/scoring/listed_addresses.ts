import { isDeepStrictEqual } from 'node:util';
import { DAY_MS } from '../core/kql/timespan.ts';
import { msOf, type Timestamp } from '../core/kql/timestamp.ts';
import { BAD, unlessBad } from '../storage/bad_rows.ts';
import { groupIdOf } from '../storage/keys.ts';
import { CONFLICT, retryOnConflict } from '../storage/optimistic.ts';
import type { DetectionRow } from '../storage/ports/detections.ts';
import type { Stores } from '../storage/ports/stores.ts';
import type { ListedProcess } from './context/process_views.ts';

/** Detections that one run reads: each costs a request. */
const MAX_READ = 2000;

/** Lists the other rare addresses of a process under the detections of those that match by themselves. */
export class AddressLists {
  readonly #stores: Pick<Stores, 'detections'>;
  readonly #asOf: Timestamp;
  #left: number;

  constructor(stores: Pick<Stores, 'detections'>, asOf: Timestamp, most = MAX_READ) {
    this.#stores = stores;
    this.#asOf = asOf;
    this.#left = most;
  }

  async put({ kind: _kind, groupId: _id, matching, others, ...key }: ListedProcess): Promise<void> {
    if (others.length === 0) return;
    for (const RemoteIP of matching) {
      if (this.#left-- <= 0) return;
      await this.#putAt(groupIdOf({ ...key, RemoteIP }), others);
    }
  }

  async #putAt(id: string, remoteIPs: readonly string[]): Promise<void> {
    const { detections } = this.#stores;
    await retryOnConflict('detection', async () => {
      const found = await unlessBad(detections.get(id));
      if (found === BAD || found === null || !this.#isToWrite(found.row, remoteIPs)) return true;
      const listed = { asOf: this.#asOf, remoteIPs };
      return (await detections.listAddresses(id, listed, found.version)) === null ? CONFLICT : true;
    });
  }

  /** Lists that changed; and once a day, so that a reader sees that a list is of now. */
  #isToWrite({ detection, otherAddresses }: DetectionRow, remoteIPs: readonly string[]): boolean {
    if (detection.state === 'resolved') return false;
    if (otherAddresses === undefined) return true;
    if (otherAddresses.asOf >= this.#asOf) return false;
    const isOld = msOf(this.#asOf) - msOf(otherAddresses.asOf) >= DAY_MS;
    return isOld || !isDeepStrictEqual([...otherAddresses.remoteIPs].sort(), [...remoteIPs].sort());
  }
}
