/** Cuts a stream of bytes into pieces of the lengths of `nextLength`, in bytes. The last may be shorter. */
export async function* pieces(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  nextLength: () => number,
): AsyncGenerator<Buffer> {
  let wanted = nextLength();
  let buffered: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    let rest = chunk;
    while (bytes + rest.length >= wanted) {
      const cut = wanted - bytes;
      yield Buffer.concat([...buffered, rest.subarray(0, cut)]);
      rest = rest.subarray(cut);
      buffered = [];
      bytes = 0;
      wanted = nextLength();
    }
    // A copy: the chunk may be a window on memory that its owner fills again.
    if (rest.length > 0) buffered.push(Buffer.from(rest));
    bytes += rest.length;
  }
  if (bytes > 0) yield Buffer.concat(buffered);
}
