import type { Messages, Queues } from '../../src/ports.ts';
import { throughJson } from './versioned_rows.ts';

/** Queues in this process; tests take the messages off. */
export class MemoryQueues implements Queues {
  readonly ingest: Messages['ingest'][] = [];
  readonly score: Messages['score'][] = [];
  readonly notify: Messages['notify'][] = [];

  async send<Q extends keyof Messages>(queue: Q, message: Messages[Q]): Promise<void> {
    (this[queue] as Messages[Q][]).push(throughJson(message));
  }
}
