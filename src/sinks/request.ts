/** One HTTP POST to a sink. The URL is a secret: it goes nowhere else. */
export interface SinkRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What came back, in a word that names no URL: an HTTP status, `timeout`, or the system's code for what failed. */
export type SinkAnswer =
  | { readonly kind: 'sent'; readonly answer: string }
  /** Worth another try. */
  | { readonly kind: 'passing'; readonly answer: string }
  /** The receiver wants nothing any more (410). */
  | { readonly kind: 'gone'; readonly answer: string }
  /** Another try would end the same way. */
  | { readonly kind: 'permanent'; readonly answer: string };
