import { counted } from '../core/text/numbers.ts';
import { say, type Terminal } from './terminal.ts';

/** Lines of one kind that are listed; the others are only counted. */
const LISTED = 10;

export type LogKind = keyof typeof KINDS;

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

/** Lines by kind, and the number of files of each. */
export interface LoggedFiles {
  readonly lines: ReadonlyMap<LogKind, readonly string[]>;
  readonly numbers: ReadonlyMap<LogKind, number>;
}

/** What is said of the files that were read, by kind. */
export class FileLog {
  readonly #lines = new Map<LogKind, string[]>();
  readonly #numbers = new Map<LogKind, number>();

  add(kind: LogKind, line: string): void {
    const lines = this.#lines.get(kind) ?? [];
    if (lines.length < LISTED) lines.push(line);
    this.#lines.set(kind, lines);
    this.#numbers.set(kind, this.number(kind) + 1);
  }

  get logged(): LoggedFiles {
    return { lines: this.#lines, numbers: this.#numbers };
  }

  /** Adds what is logged of later files. */
  take({ lines, numbers }: LoggedFiles): void {
    for (const [kind, number] of numbers) {
      const all = [...(this.#lines.get(kind) ?? []), ...(lines.get(kind) ?? [])];
      this.#lines.set(kind, all.slice(0, LISTED));
      this.#numbers.set(kind, this.number(kind) + number);
    }
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
