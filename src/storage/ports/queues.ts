export interface Messages {
  /** Export to continue reading. */
  readonly ingest: { readonly container: string; readonly name: string };
  /**
   * Partitions to score, one after the other, for the window up to asOf; the age of the oldest unread bytes, for the runs' rows; and the
   * newest report of the earlier runs in any partition, '' where there is none.
   */
  readonly score: {
    readonly partitions: readonly string[];
    readonly asOf: string;
    readonly oldestUnreadMs: number | null;
    readonly newestReport: string;
    /** Whether the process view is scored, in place of partitions. */
    readonly processes?: true;
  };
  /** Sink that may have pending notifications. A hint only: the rows of Detections decide. */
  readonly notify: { readonly sink: string };
}

export interface Queues {
  /**
   * Sends a message to a queue, for delivery after a delay. Sending it twice delivers it twice, which is harmless.
   */
  send<Q extends keyof Messages>(queue: Q, message: Messages[Q], delayMs?: number): Promise<void>;
  /** Number of waiting messages of one queue: the service's estimate. */
  waiting(queue: keyof Messages): Promise<number>;
  /** Number of waiting messages by queue name, poison queues included: the service's estimate. */
  lengths(): Promise<Readonly<Record<string, number>>>;
  /**
   * Removes messages from the poison queues, also from the blob trigger's. Returns their number by queue, without empty
   * queues. No work is lost: the next sweep or run derives it from the tables again. A repeat removes newer messages.
   */
  takePoison(): Promise<Readonly<Record<string, number>>>;
}
