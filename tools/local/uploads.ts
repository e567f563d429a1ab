import { basename, relative, sep } from 'node:path';
import { contentsOf, type InputFile } from '../../src/cli/input_files.ts';
import { DEFAULT_CONTAINER } from '../../src/config.ts';
import { escapeForDisplay } from '../../src/core/text/escape.ts';
import { sampleExports } from '../sample/exports.ts';
import type { Plan } from '../sample/plan.ts';

/** An export to upload. */
export interface Upload {
  readonly container: string;
  readonly name: string;
  /** Size, about; 0 if unknown. */
  readonly bytes: number;
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** The exports of a sample, each generated on demand. */
export function* sampleUploads(plan: Plan): Generator<Upload> {
  for (const { container, name, lines } of sampleExports(plan)) {
    yield { container, name, bytes: lines.reduce((sum, line) => sum + line.length, 0), content: lines };
  }
}

/** The files of a folder, each opened on demand. A file that cannot be read adds a message to `errors` and stops no other. */
export function* folderUploads(folder: string, files: readonly InputFile[], errors: string[]): Generator<Upload> {
  for (const file of files) {
    yield { ...uploadPlaceOf(folder, file.path), bytes: file.bytes, content: uploadBytesOf(file, errors) };
  }
}

const LINE_END = Buffer.from('\n');

/**
 * The unpacked bytes of a file as far as it can be read; of an archive those of all members. A member that is not read, and
 * an error of the system, which ends it, add a message to `errors`.
 */
export async function* uploadBytesOf(file: InputFile, errors: string[]): AsyncGenerator<Uint8Array> {
  try {
    let isAfterMember = false;
    for await (const content of contentsOf(file, () => {})) {
      if ('refused' in content) errors.push(`${escapeForDisplay(content.name)}: refused: ${content.refused}`);
      if (!('chunks' in content)) continue;
      if (isAfterMember) yield LINE_END;
      isAfterMember = true;
      yield* content.chunks;
    }
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    errors.push(`${escapeForDisplay(file.path)}: not read to the end: ${escapeForDisplay(error.message)}`);
  }
}

/** The containers of Defender and Log Analytics: a prefix, then the name of the table. */
const CONTAINER = /^(?=.{3,63}$)(?:insights-logs|am)(?:-[a-z0-9]+)+$/;

/** Characters that the name of a blob cannot hold. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern must match control characters.
const UNNAMEABLE = /[\u0000-\u001f\u007f]/g;

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/**
 * Container and blob name of a file. A first folder named like a container of exports is the container, as `sample`
 * writes them. All other files go to the default container, under their path within the folder.
 */
export function uploadPlaceOf(folder: string, path: string): { container: string; name: string } {
  const within = relative(folder, path) || basename(path);
  const [first = '', ...rest] = within.replace(UNNAMEABLE, escaped).split(sep);
  if (rest.length > 0 && CONTAINER.test(first)) return { container: first, name: rest.join('/') };
  return { container: DEFAULT_CONTAINER, name: [first, ...rest].join('/') };
}
