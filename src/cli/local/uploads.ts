import { basename, relative, sep } from 'node:path';
import { DEFAULT_CONTAINER } from '../../config.ts';
import { shown } from '../../core/text.ts';
import { contentOf, type InputFile } from '../files.ts';
import { sampleExports } from '../sample/exports.ts';
import type { Plan } from '../sample/plan.ts';
import { CommandError } from '../usage.ts';

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

/** The files of a folder, each opened when it is its turn. */
export function* folderUploads(folder: string, files: readonly InputFile[]): Generator<Upload> {
  for (const file of files) {
    yield { ...placeOf(folder, file.path), bytes: file.bytes, content: bytesOf(file) };
  }
}

/** What is in a file, unpacked. Throws a CommandError where it cannot be read to its end. */
export async function* bytesOf(file: InputFile): AsyncGenerator<Uint8Array> {
  try {
    yield* contentOf(file, () => {});
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw new CommandError(`${shown(file.path)}: not read to its end: ${shown(error.message)}`);
  }
}

/** What Defender and Log Analytics put before the name of the table. */
const CONTAINER = /^(?=.{3,63}$)(?:insights-logs|am)(?:-[a-z0-9]+)+$/;

/**
 * Container and name of a file. A first folder that is called like a container of exports is one, as `sample` writes
 * them; everything else goes into the default container, under its path within the folder.
 */
export function placeOf(folder: string, path: string): { container: string; name: string } {
  const within = relative(folder, path) || basename(path);
  const [first = '', ...rest] = within.split(sep);
  if (rest.length > 0 && CONTAINER.test(first)) return { container: first, name: rest.join('/') };
  return { container: DEFAULT_CONTAINER, name: [first, ...rest].join('/') };
}
