import { statSync } from 'node:fs';
import { contentsOf, type InputFile } from './input_files.ts';

/** Whether the file can be read again: a pipe cannot, by whatever name. */
export function isRegular({ path }: InputFile): boolean {
  return path !== '-' && (statSync(path, { throwIfNoEntry: false })?.isFile() ?? true);
}

/** The bytes of a file or of a member, once more. */
export async function* contentNamed(file: InputFile, name: string): AsyncGenerator<Uint8Array> {
  for await (const content of contentsOf(file, () => {})) {
    if (content.name !== name || !('chunks' in content)) continue;
    yield* content.chunks;
    return;
  }
}
