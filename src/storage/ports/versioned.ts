/** A row and the version of it that was read. */
export interface Versioned<T> {
  readonly row: T;
  readonly version: string;
}
