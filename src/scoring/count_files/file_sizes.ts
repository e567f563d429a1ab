/** How a file is cut into pieces, and read. */
export interface FileSizes {
  /** Bytes of the first read. A file with fewer is written by one request, and read by one: a small tenant pays by the request. */
  readonly first: number;
  /** Bytes that a later read fetches, at least one frame. */
  readonly read: number;
  /** Bytes of a block. The service takes 50,000 blocks for a file. */
  readonly block: number;
  /** A frame is full with so many rows, or with so many characters of names. */
  readonly frameRows: number;
  readonly frameText: number;
}

export const FILE_SIZES: FileSizes = {
  first: 256 * 1024,
  read: 512 * 1024,
  block: 2 * 1024 * 1024,
  frameRows: 4096,
  frameText: 128 * 1024,
};
