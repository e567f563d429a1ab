import type { Messages, Queues } from '../../src/storage/ports/queues.ts';
import { throughJson } from './versioned_rows.ts';

/** Queues in this process; tests take the messages off, and put poison in. */
export class MemoryQueues implements Queues {
  readonly ingest: Messages['ingest'][] = [];
  readonly score: Messages['score'][] = [];
  readonly notify: Messages['notify'][] = [];
  /** What was put there to be delivered later, by the wall clock; it stays in this list. */
  readonly later: { readonly queue: string; readonly message: object; readonly delayMs: number }[] = [];
  readonly poison: Record<string, number> = {};

  async send<Q extends keyof Messages>(queue: Q, message: Messages[Q], delayMs = 0): Promise<void> {
    const put = () => (this[queue] as Messages[Q][]).push(throughJson(message));
    if (delayMs <= 0) put();
    else {
      this.later.push({ queue, message: throughJson(message), delayMs });
      setTimeout(put, delayMs).unref();
    }
  }

  async waiting(queue: keyof Messages): Promise<number> {
    return this[queue].length;
  }

  async lengths(): Promise<Record<string, number>> {
    const { ingest, score, notify } = this;
    const waiting = Object.entries({ ingest, score, notify }).map(([name, { length }]) => [name, length] as const);
    return Object.fromEntries([...waiting, ...Object.entries(this.poison)].filter(([, length]) => length > 0));
  }

  async takePoison(): Promise<Record<string, number>> {
    const taken = { ...this.poison };
    for (const name of Object.keys(taken)) delete this.poison[name];
    return taken;
  }
}
