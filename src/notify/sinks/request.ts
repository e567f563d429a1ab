/** One HTTP POST to a sink. The URL is a secret: no log line or error names it. */
export interface SinkRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
