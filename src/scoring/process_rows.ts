import type { GroupKey } from '../core/records/report.ts';
import { publicAddressOf } from '../core/regularity/public_address.ts';
import { isOfWindow } from '../core/scoring/window.ts';
import { PARTITIONS, processIdOf } from '../storage/keys.ts';
import type { OfflineContext } from './offline_context.ts';
import { OfflineCounts } from './offline_counts.ts';
import type { OfflineRow } from './offline_row.ts';
import { type TimedGroup, TimedGroups } from './timed_groups.ts';

/** The addresses of one process on one device that at most `few` devices use it with. */
export interface ProcessAddresses {
  readonly processId: string;
  readonly key: Omit<GroupKey, 'RemoteIP'>;
  /** Each with the id of its group. At most `MAX_ADDRESSES`. */
  readonly addresses: readonly (TimedGroup & { readonly ownId: string })[];
  /** More than these: nothing is said of such a process. */
  readonly isCut: boolean;
}

/** A process with more addresses scans, or shares files. */
export const MAX_ADDRESSES = 10_000;
const ID_LENGTH = 32;

/**
 * The rows of rare addresses, by process instead of by address: the process view sums them. In memory up to a limit, then
 * on disk.
 */
export class ProcessRows {
  readonly #context: OfflineContext;
  readonly #counts: OfflineCounts;
  /** The group of the last row, and the id of its process; null where the address is not rare. */
  #groupId = '';
  #processId: string | null = null;

  constructor(context: OfflineContext, counts: OfflineCounts = new OfflineCounts()) {
    this.#context = context;
    this.#counts = counts;
  }

  /** Adds rows that come in key order. Call it when the context is complete. Throws a SpillError. */
  async push(rows: readonly OfflineRow[]): Promise<void> {
    for (const row of rows) {
      if (row.groupId !== this.#groupId) {
        this.#groupId = row.groupId;
        this.#processId = this.#rareProcessOf(row);
      }
      if (this.#processId === null || !isOfWindow(row, this.#context.window)) continue;
      this.#counts.put({ ...row, groupId: this.#processId + row.groupId });
    }
    await this.#counts.spillIfLarge();
  }

  /** Each process, with its addresses. Throws a SpillError. */
  async *processes(): AsyncGenerator<ProcessAddresses> {
    for (const partition of PARTITIONS) {
      const timed = new TimedGroups(this.#context.window, this.#context.binSeconds);
      let open: OpenProcess | null = null;
      const groups = async function* (counts: OfflineCounts) {
        for await (const page of counts.scan(partition)) yield timed.push(page);
        yield timed.finish();
      };
      for await (const page of groups(this.#counts)) {
        for (const group of page) {
          if (open === null || !group.groupId.startsWith(open.processId)) {
            if (open !== null) yield open;
            open = new OpenProcess(group);
          }
          open.add(group);
        }
      }
      if (open !== null) yield open;
    }
  }

  /** Frees the temporary file. */
  close(): void {
    this.#counts.close();
  }

  #rareProcessOf(row: OfflineRow): string | null {
    const place = publicAddressOf(row.RemoteIP);
    return place !== null && this.#context.isRare({ ...row, ...place }) ? processIdOf(row) : null;
  }
}

class OpenProcess implements ProcessAddresses {
  readonly processId: string;
  readonly key: Omit<GroupKey, 'RemoteIP'>;
  readonly addresses: (TimedGroup & { readonly ownId: string })[] = [];
  isCut = false;

  constructor({ groupId, key }: TimedGroup) {
    const { source, DeviceName, InitiatingProcessFileName } = key;
    this.processId = groupId.slice(0, ID_LENGTH);
    this.key = { source, DeviceName, InitiatingProcessFileName };
  }

  add(group: TimedGroup): void {
    if (this.addresses.length < MAX_ADDRESSES) this.addresses.push({ ...group, ownId: group.groupId.slice(ID_LENGTH) });
    else this.isCut = true;
  }
}
