/** One HTTP POST to a sink. The URL is a secret: it goes nowhere else. */
export interface SinkRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
