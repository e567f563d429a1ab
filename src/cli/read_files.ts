import { statSync } from 'node:fs';
import type { DateOrder } from '../core/records/locale_instant.ts';
import type { Source } from '../core/records/report.ts';
import type { Window } from '../core/scoring/window.ts';
import { escapeForDisplay } from '../core/text/escape.ts';
import { counted } from '../core/text/numbers.ts';
import { EXPECTED, HEAD_BYTES } from '../reading/content_type.ts';
import { columnsIn } from '../reading/csv_dialect.ts';
import type { OfflineReading, OfflineScore } from '../scoring/offline_scorer.ts';
import { SpillError } from '../scoring/sorted_runs.ts';
import { CommandError } from './errors.ts';
import { cutText, type FileProblem, problemOf } from './file_problem.ts';
import { type InputFile, piecesOf } from './input_files.ts';
import { PipeCopy } from './pipe_copy.ts';
import { Progress } from './progress.ts';
import { say, type Terminal } from './terminal.ts';

/** Lines of one kind that are listed; the others are only counted. */
const LISTED = 10;

interface ReadTask {
  readonly files: readonly InputFile[];
  /** The paths that the user named; other files are of a folder. */
  readonly named: ReadonlySet<string>;
  readonly sources: readonly Source[];
  readonly window: Window;
  readonly dateOrder: DateOrder | undefined;
}

/** Reads every file. A file that cannot be read, or is of a foreign format, is reported and stops no other. */
export async function readFiles(terminal: Terminal, offline: OfflineScore, task: ReadTask) {
  const { files, sources, window } = task;
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  const progress = new Progress(terminal, 'reading', total / 1e6, 'MB');
  const log = new FileLog();
  for (const file of files) {
    const name = escapeForDisplay(file.path);
    try {
      const reading = await readFile(terminal, offline, file, task.dateOrder, (bytes) => progress.add(bytes / 1e6));
      const problem = problemOf(reading, sources);
      if (reading.foreign) log.add('refused', `${name}: refused: ${await refusedText(file, sources)}`);
      else if (problem !== null) log.add(kindOf(problem, file, task.named), `${name}: ${problem.text}`);
      const cut = reading.foreign ? null : cutText(reading, window);
      if (cut !== null) log.add('cut', `warning: ${name}: ${cut}`);
    } catch (error) {
      if (error instanceof SpillError) throw new CommandError(error.message);
      if (!(error instanceof Error) || !('code' in error)) throw error;
      log.add('failed', `${name}: not read to the end: ${escapeForDisplay(error.message)}`);
    }
  }
  progress.stop();
  log.report(terminal);
  return { refused: log.number('refused'), problems: log.problems(offline.counters.reports > 0) };
}

function readFile(
  terminal: Terminal,
  offline: OfflineScore,
  file: InputFile,
  dateOrder: DateOrder | undefined,
  onRead: (bytes: number) => void,
): Promise<OfflineReading> {
  const ref = { container: '', name: file.path };
  const chunks = piecesOf(file, onRead, terminal.stdin);
  if (isRegular(file)) return offline.read(ref, chunks, { dateOrder, again: () => piecesOf(file, () => {}) });
  const copy = new PipeCopy();
  const content = dateOrder === undefined ? copy.copied(chunks) : chunks;
  return offline.read(ref, content, { dateOrder, again: () => copy.again() }).finally(() => copy.close());
}

/** Whether the file can be read again: a pipe cannot, by whatever name. */
function isRegular({ path }: InputFile): boolean {
  return path !== '-' && (statSync(path, { throwIfNoEntry: false })?.isFile() ?? true);
}

async function refusedText(file: InputFile, sources: readonly Source[]): Promise<string> {
  const columns = isRegular(file) ? await unknownColumnsIn(piecesOf(file, () => {})) : null;
  const header = columns === null ? '' : `. Its first line looks like the header of a CSV with ${columns}`;
  return (
    `no record of an active source (SOURCES=${sources.join(',')}) at its head; expected ${EXPECTED}, ` +
    `or CSV${header}${columns === null ? '' : ': the names must be those of the product, see docs/sources.md'}`
  );
}

/** The names in the first line, if it looks like a header; null if it does not. */
async function unknownColumnsIn(content: AsyncIterable<Uint8Array>): Promise<string | null> {
  for await (const bytes of content) {
    const columns = columnsIn(Buffer.from(bytes.subarray(0, HEAD_BYTES)).toString('utf8'));
    return columns === null ? null : columns.map((name) => escapeForDisplay(name, 64)).join(', ');
  }
  return null;
}

/** A folder may hold files of other tables: these are only named. */
function kindOf({ kind }: FileProblem, file: InputFile, named: ReadonlySet<string>): LogKind {
  return kind === 'none' && !named.has(file.path) ? 'other' : kind;
}

type LogKind = keyof typeof KINDS;

/** What is said about several files, and the problem that makes the command fail; null where it is none. */
const KINDS = {
  refused: { many: 'refused', problem: 'refused' },
  unread: { many: 'without a readable record', problem: 'without a readable record' },
  partial: { many: 'read in part', problem: 'read in part' },
  none: { many: 'without a report', problem: 'without a report' },
  other: { many: 'without a report', problem: null },
  cut: { many: 'probably cut', problem: null },
  failed: { many: 'not read to the end', problem: 'could not be read to the end' },
} as const;

class FileLog {
  readonly #lines = new Map<LogKind, string[]>();
  readonly #numbers = new Map<LogKind, number>();

  add(kind: LogKind, line: string): void {
    const lines = this.#lines.get(kind) ?? [];
    if (lines.length < LISTED || kind === 'failed') lines.push(line);
    this.#lines.set(kind, lines);
    this.#numbers.set(kind, this.number(kind) + 1);
  }

  number(kind: LogKind): number {
    return this.#numbers.get(kind) ?? 0;
  }

  report(terminal: Terminal): void {
    for (const kind of Object.keys(KINDS) as LogKind[]) {
      const lines = this.#lines.get(kind) ?? [];
      for (const line of lines) say(terminal, line);
      const number = this.number(kind);
      if (number > lines.length) say(terminal, `${counted(number, 'file')} ${KINDS[kind].many} in total`);
    }
  }

  /** The problems that make the command fail. Without any report, files of other kinds alone are one as well. */
  problems(hasReports: boolean): readonly string[] {
    const kinds = (['failed', 'unread', 'partial', 'none', 'refused'] as const).filter((kind) => this.number(kind) > 0);
    const problems = kinds.map((kind) => `${counted(this.number(kind), 'export')} ${KINDS[kind].problem}`);
    const isEmpty = problems.length === 0 && !hasReports && this.number('other') > 0;
    return isEmpty ? ['no export has a report of an active source'] : problems;
  }
}
