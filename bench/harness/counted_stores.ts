import type { Stores } from '../../src/storage/ports/stores.ts';
import { MAX_MERGED } from '../../src/storage/touched.ts';

/** Requests by port and method, `hourlyCounts.merge`. */
export type Counts = Map<string, number>;

export function total(counts: Counts): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

const PAGE_ROWS = 1000;
const PAGE_BLOBS = 5000;
/** `ingest`, `score` and `notify`, their poison, and that of the blob trigger: each says its own length. */
const QUEUES = 7;

/**
 * The same stores, with a count of the requests that each call costs on Azure: one for each but what is said here, and for
 * a list one for each page, at least one. (`bench:requests` proves these rules against requests that really left.)
 */
export function countedStores(stores: Stores, counts: Counts): Stores {
  const counted = (name: string, requests: number) => counts.set(name, (counts.get(name) ?? 0) + requests);
  const wrap = <Port extends object>(port: Port, portName: string): Port =>
    new Proxy(port, {
      get(target, property) {
        const method = Reflect.get(target, property) as unknown;
        if (typeof method !== 'function') return method;
        const name = `${portName}.${String(property)}`;
        return (...args: unknown[]) => {
          const answer = method.apply(target, args) as unknown;
          if (name === 'exports.list') return listed(answer, name);
          if (isPaged(answer)) return pagesOf(answer, name, portName);
          counted(name, requestsOf(name, args));
          return answer;
        };
      },
    });

  async function listed(answer: unknown, name: string): Promise<unknown> {
    const blobs = (await answer) as AsyncIterable<unknown> | 'missing';
    if (blobs !== 'missing') return itemsOf(blobs, name, PAGE_BLOBS);
    counted(name, 1);
    return blobs;
  }

  /** Lists of rows give pages, or the rows of pages; reads of exports give pieces of one request. */
  function pagesOf(answer: AsyncIterable<unknown>, name: string, portName: string): AsyncIterable<unknown> {
    if (portName === 'exports') return itemsOf(answer, name, Number.POSITIVE_INFINITY);
    return itemsOf(answer, name, PAGE_ROWS);
  }

  async function* itemsOf(answer: AsyncIterable<unknown>, name: string, page: number): AsyncGenerator<unknown> {
    let rows = 0;
    for await (const item of answer) {
      rows += Array.isArray(item) ? item.length : 1;
      yield item;
    }
    if (rows > 0 || name !== 'exports.read') counted(name, Math.max(1, Math.ceil(rows / page)));
  }

  return Object.fromEntries(
    Object.entries(stores).map(([name, port]) => [name, name === 'deadLetters' ? port : wrap(port, name)]),
  ) as unknown as Stores;
}

function requestsOf(name: string, args: readonly unknown[]): number {
  if (name === 'queues.lengths') return QUEUES;
  // A transaction for each hundred of a partition; a scorer removes those of one.
  if (name === 'detections.remove') return Math.ceil((args[0] as readonly unknown[]).length / MAX_MERGED);
  if (name === 'hourlyCounts.settle') return Math.ceil((args[2] as readonly unknown[]).length / MAX_MERGED);
  return 1;
}

function isPaged(answer: unknown): answer is AsyncIterable<unknown> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;
}
