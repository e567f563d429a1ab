/** Cuts a stream of bytes anew: into pieces of the lengths that `nextLength` says, in bytes; the last may be shorter. */
export async function* pieces(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  nextLength: () => number,
): AsyncGenerator<Buffer> {
  let wanted = nextLength();
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    let rest = chunk;
    while (bytes + rest.length >= wanted) {
      const cut = wanted - bytes;
      yield Buffer.concat([...held, rest.subarray(0, cut)]);
      rest = rest.subarray(cut);
      held = [];
      bytes = 0;
      wanted = nextLength();
    }
    if (rest.length > 0) held.push(rest);
    bytes += rest.length;
  }
  if (bytes > 0) yield Buffer.concat(held);
}
