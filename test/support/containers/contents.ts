import { unpacked } from '../../../src/reading/containers/contents.ts';

async function* inChunks(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

/** What a stream of these bytes holds, by name: its text, or why it is not read; `error`: how the text ends. */
export async function readContents(bytes: Uint8Array, chunkBytes = 1024 * 1024): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  const file = { name: 'file', chunks: inChunks(bytes, chunkBytes), path: null, onRead: () => {} };
  try {
    for await (const content of unpacked(file)) {
      if ('refused' in content) found[content.name] = { refused: content.refused };
      else if ('skipped' in content) found[content.name] = 'skipped';
      else found[content.name] = await textOf(content.chunks);
    }
  } catch (error) {
    found['error'] = messageOf(error);
  }
  return found;
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string | { text: string; error: string }> {
  let text = '';
  try {
    for await (const chunk of chunks) text += Buffer.from(chunk).toString();
    return text;
  } catch (error) {
    return { text, error: messageOf(error) };
  }
}

/** The message of an error that is meant for people: one with a code. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) throw error;
  return error.message;
}
