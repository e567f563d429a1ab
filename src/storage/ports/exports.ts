/** Identifies one export, a blob. */
export interface ExportRef {
  readonly container: string;
  readonly name: string;
}

export interface ExportInfo extends ExportRef {
  /** Bytes. */
  readonly length: number;
  /** Milliseconds since the Unix epoch; null where the service does not return it. An append does not change it. */
  readonly created: number | null;
  readonly lastModified: number;
}

/** The exports themselves; read only. */
export interface ExportStore {
  /** The exports of a container, in order of name; 'missing' where the container does not exist (yet). */
  list(container: string): Promise<AsyncIterable<ExportInfo> | 'missing'>;
  /** One export; null where it does not exist. */
  info(ref: ExportRef): Promise<ExportInfo | null>;
  /**
   * Bytes `[start, end)` of an export, in pieces; fewer where the export is shorter. Throws where the export is gone.
   */
  read(ref: ExportRef, start: number, end: number): AsyncIterable<Uint8Array>;
}
