import type { DateOrder } from '../core/records/locale_instant.ts';
import type { Source } from '../core/records/report.ts';
import type { Window } from '../core/scoring/window.ts';
import { escapeForDisplay } from '../core/text/escape.ts';
import type { OfflineReader, OfflineReading } from '../scoring/offline_reader.ts';
import { SpillError } from '../scoring/spilled_bytes.ts';
import { CommandError } from './errors.ts';
import { contentNamed, isRegular } from './file_content.ts';
import { FileLog, type LogKind } from './file_log.ts';
import { cutText, type FileProblem, problemOf } from './file_problem.ts';
import type { FilesFound } from './files_found.ts';
import { contentsOf, type InputFile } from './input_files.ts';
import { PipeCopy } from './pipe_copy.ts';
import { refusedText } from './refused_text.ts';
import type { Terminal } from './terminal.ts';

/** How files are read. */
export interface FilesTask {
  /** The paths that the user named; other files are of a folder or of an archive. */
  readonly named: ReadonlySet<string>;
  readonly sources: readonly Source[];
  readonly window: Window;
  readonly dateOrder: DateOrder | undefined;
}

/** A file, or a member of one, with its bytes. */
interface ReadContent {
  readonly name: string;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Opens it once more; null for a pipe. */
  readonly again: (() => AsyncIterable<Uint8Array>) | null;
}

/** Reads files, and every member of an archive. One that cannot be read, or is foreign, is named and stops no other. */
export class FilesReader {
  readonly #exportReader: Pick<OfflineReader, 'read'>;
  readonly #task: FilesTask;
  readonly #log = new FileLog();
  readonly #skipped: string[] = [];
  readonly #windows1252: string[] = [];
  #exports = 0;

  constructor(exportReader: Pick<OfflineReader, 'read'>, task: FilesTask) {
    this.#exportReader = exportReader;
    this.#task = task;
  }

  /** What is known of the files that were read. */
  get found(): FilesFound {
    return {
      exports: this.#exports,
      logged: this.#log.logged,
      skipped: this.#skipped,
      windows1252: this.#windows1252,
    };
  }

  async read(file: InputFile, onRead: (bytes: number) => void, stdin?: () => Terminal['stdin']): Promise<void> {
    const before = this.#exports;
    const isFile = isRegular(file);
    try {
      for await (const content of contentsOf(file, onRead, stdin)) {
        const { name } = content;
        if ('skipped' in content) {
          this.#skipped.push(name);
          continue;
        }
        this.#exports++;
        if ('refused' in content) this.#log.add('refused', name, `refused: ${content.refused}`);
        else await this.#readContent({ ...content, again: isFile ? () => contentNamed(file, name) : null });
      }
    } catch (error) {
      // A container that cannot be opened is one export.
      if (this.#exports === before) this.#exports++;
      this.#log.add('failed', file.path, `not read to the end: ${readError(error)}`);
    }
  }

  async #readContent(content: ReadContent): Promise<void> {
    const { sources, window } = this.#task;
    const { name } = content;
    try {
      const reading = await this.#score(content);
      if (reading.foreign) {
        this.#log.add('refused', name, `refused: ${refusedText(await headOf(content), sources)}`);
        return;
      }
      if (reading.isWindows1252) this.#windows1252.push(name);
      const problem = problemOf(reading, sources);
      if (problem !== null) this.#log.add(this.#kindOf(problem, content), name, problem.text);
      const cut = cutText(reading, window);
      if (cut !== null) this.#log.add('cut', name, cut);
    } catch (error) {
      this.#log.add('failed', name, `not read to the end: ${readError(error)}`);
    }
  }

  async #score({ name, chunks, again }: ReadContent): Promise<OfflineReading> {
    const ref = { container: '', name };
    const { dateOrder } = this.#task;
    if (again !== null || dateOrder !== undefined)
      return this.#exportReader.read(ref, chunks, { dateOrder, again: again ?? undefined });
    const copy = new PipeCopy();
    try {
      return await this.#exportReader.read(ref, copy.copied(chunks), { again: () => copy.again() });
    } finally {
      copy.close();
    }
  }

  /** A folder or an archive may hold files of other tables: these are only named. */
  #kindOf({ kind }: FileProblem, { name }: ReadContent): LogKind {
    return kind === 'none' && !this.#task.named.has(name) ? 'other' : kind;
  }
}

/** The text of an error of a file; every other error ends the command. */
function readError(error: unknown): string {
  if (error instanceof SpillError) throw new CommandError(error.message);
  if (!(error instanceof Error) || !('code' in error)) throw error;
  return escapeForDisplay(error.message);
}

/** The first bytes of a file; null if it cannot be read again. */
async function headOf({ again }: ReadContent): Promise<Uint8Array | null> {
  if (again === null) return null;
  // A copy: the memory is for the next file.
  for await (const bytes of again()) return Buffer.from(bytes);
  return null;
}
