import { escapeForDisplay } from '../core/text/escape.ts';
import { firstNames } from '../core/text/first_names.ts';
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

/** What is said about a file. */
interface Entry {
  readonly name: string;
  readonly text: string;
}

/** The first files of each kind, and the number of all. */
export interface LoggedFiles {
  readonly first: ReadonlyMap<LogKind, readonly Entry[]>;
  readonly numbers: ReadonlyMap<LogKind, number>;
}

/** What is said of the files that were read, by kind. */
export class FileLog {
  readonly #first = new Map<LogKind, Entry[]>();
  readonly #numbers = new Map<LogKind, number>();

  /** `name`: of the file, as it is; `text`: escaped. */
  add(kind: LogKind, name: string, text: string): void {
    const first = this.#first.get(kind) ?? [];
    if (first.length < LISTED) first.push({ name, text });
    this.#first.set(kind, first);
    this.#numbers.set(kind, this.number(kind) + 1);
  }

  get logged(): LoggedFiles {
    return { first: this.#first, numbers: this.#numbers };
  }

  /** Adds what is logged of later files. */
  take({ first, numbers }: LoggedFiles): void {
    for (const [kind, number] of numbers) {
      const all = [...(this.#first.get(kind) ?? []), ...(first.get(kind) ?? [])];
      this.#first.set(kind, all.slice(0, LISTED));
      this.#numbers.set(kind, this.number(kind) + number);
    }
  }

  number(kind: LogKind): number {
    return this.#numbers.get(kind) ?? 0;
  }

  report(terminal: Terminal): void {
    for (const kind of Object.keys(KINDS) as LogKind[]) {
      const first = this.#first.get(kind) ?? [];
      const warning = kind === 'cut' ? 'warning: ' : '';
      for (const { name, text } of first) say(terminal, `${warning}${escapeForDisplay(name)}: ${text}`);
      const number = this.number(kind);
      if (number > first.length) say(terminal, `${counted(number, 'file')} ${KINDS[kind].many} in total`);
    }
  }

  /** The problems that make the command fail, with the first files of each. Without any report, files of other kinds alone are one as well. */
  problems(hasReports: boolean): readonly string[] {
    const kinds = (['failed', 'unread', 'partial', 'none', 'refused'] as const).filter((kind) => this.number(kind) > 0);
    const problems = kinds.map((kind) => {
      const [number, first] = [this.number(kind), this.#first.get(kind) ?? []];
      return `${counted(number, 'export')} ${KINDS[kind].problem}: ${firstNames(
        first.map(({ name }) => name),
        number,
      )}`;
    });
    const isEmpty = problems.length === 0 && !hasReports && this.number('other') > 0;
    return isEmpty ? ['no export has a report of an active source'] : problems;
  }
}
