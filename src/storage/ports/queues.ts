export interface Messages {
  /** Export to read on. */
  readonly ingest: { readonly container: string; readonly name: string };
  /**
   * Partition to score, for the window up to asOf; what the run is to say of the exports; and the newest report that the
   * runs before have seen in any partition, '' where they have seen none.
   */
  readonly score: {
    readonly partition: string;
    readonly asOf: string;
    readonly oldestUnreadMs: number | null;
    readonly newestReport: string;
  };
  /** Sink that may have something due. A hint: the rows of Detections are the truth. */
  readonly notify: { readonly sink: string };
}

export interface Queues {
  /**
   * Puts a message on a queue, to be delivered after a delay. Doing it twice delivers it twice; delivering it twice does
   * no harm.
   */
  send<Q extends keyof Messages>(queue: Q, message: Messages[Q], delayMs?: number): Promise<void>;
  /** Messages that wait on one queue: the service's own estimate. */
  waiting(queue: keyof Messages): Promise<number>;
  /** Messages that wait, by the queue's name, those in poison queues among them: the service's own estimate. */
  lengths(): Promise<Readonly<Record<string, number>>>;
  /**
   * Takes messages off the poison queues, ours and that of the blob trigger: how many of which, none named where there
   * were none. What they were about is not lost: all work is derived from the tables and found again by the next sweep
   * or run. Doing it again finds what came since.
   */
  takePoison(): Promise<Readonly<Record<string, number>>>;
}
