/** The whole body of a download. */
export async function bytesOf(stream: NodeJS.ReadableStream | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(chunk as Buffer);
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

/** The ETag of an answer. */
export function versionOf({ etag }: { readonly etag?: string }): string {
  if (etag === undefined) throw new Error('the service answered without an ETag');
  return etag;
}
