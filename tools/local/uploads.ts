import { basename, relative, sep } from 'node:path';
import { contentOf, type InputFile } from '../../src/cli/input_files.ts';
import { DEFAULT_CONTAINER } from '../../src/config.ts';
import { escapeForDisplay } from '../../src/core/text/escape.ts';
import { sampleExports } from '../sample/exports.ts';
import type { Plan } from '../sample/plan.ts';

/** An export that is to be put into storage. */
export interface Upload {
  readonly container: string;
  readonly name: string;
  /** About how many; 0 where it is not known. */
  readonly bytes: number;
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** The exports of a sample, each made when it is its turn. */
export function* sampleUploads(plan: Plan): Generator<Upload> {
  for (const { container, name, lines } of sampleExports(plan)) {
    yield { container, name, bytes: lines.reduce((sum, line) => sum + line.length, 0), content: lines };
  }
}

/** The files of a folder, each opened when it is its turn. `troubles` takes what cannot be read, which stops no other. */
export function* folderUploads(folder: string, files: readonly InputFile[], troubles: string[]): Generator<Upload> {
  for (const file of files) {
    yield { ...uploadPlaceOf(folder, file.path), bytes: file.bytes, content: uploadBytesOf(file, troubles) };
  }
}

/** What is in a file, unpacked, as far as it can be read; `troubles` takes why not further. */
export async function* uploadBytesOf(file: InputFile, troubles: string[]): AsyncGenerator<Uint8Array> {
  try {
    yield* contentOf(file, () => {});
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    troubles.push(`${escapeForDisplay(file.path)}: not read to its end: ${escapeForDisplay(error.message)}`);
  }
}

/** What Defender and Log Analytics put before the name of the table. */
const CONTAINER = /^(?=.{3,63}$)(?:insights-logs|am)(?:-[a-z0-9]+)+$/;

/** What the name of a blob cannot hold. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const UNNAMEABLE = /[\u0000-\u001f\u007f]/g;

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/**
 * Container and name of a file. A first folder that is called like a container of exports is one, as `sample` writes
 * them; everything else goes into the default container, under its path within the folder.
 */
export function uploadPlaceOf(folder: string, path: string): { container: string; name: string } {
  const within = relative(folder, path) || basename(path);
  const [first = '', ...rest] = within.replace(UNNAMEABLE, escaped).split(sep);
  if (rest.length > 0 && CONTAINER.test(first)) return { container: first, name: rest.join('/') };
  return { container: DEFAULT_CONTAINER, name: [first, ...rest].join('/') };
}
