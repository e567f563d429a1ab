import type { SingleBar } from 'cli-progress';
import { stopwatch } from './stopwatch.ts';
import { say, type Terminal } from './terminal.ts';

const LINE_EVERY_MS = 10_000;

export interface Work {
  readonly activity: string;
  readonly total: number;
  readonly unit: string;
}

/** Shows progress. `activity` as in "reading"; `total` in `unit`, 0 if unknown. Only a terminal loads the bar. */
export async function progressOn(
  terminal: Pick<Terminal, 'stderr'>,
  activity: string,
  total: number,
  unit: string,
): Promise<Progress> {
  const work = { activity, total, unit };
  const hasBar = terminal.stderr.isTTY && total > 0;
  return new Progress(
    terminal,
    work,
    hasBar ? (await import('./progress_bar.ts')).barOn(terminal.stderr as NodeJS.WriteStream, work) : null,
  );
}

/** Progress of long work on standard error: a bar on a terminal, a line every ten seconds elsewhere. */
export class Progress {
  readonly #terminal: Pick<Terminal, 'stderr'>;
  readonly #activity: string;
  readonly #total: number;
  readonly #unit: string;
  readonly #bar: SingleBar | null;
  #done = 0;
  #sinceLineMs = stopwatch();

  constructor(terminal: Pick<Terminal, 'stderr'>, { activity, total, unit }: Work, bar: SingleBar | null) {
    this.#terminal = terminal;
    this.#activity = activity;
    this.#total = total;
    this.#unit = unit;
    this.#bar = bar;
    this.#bar?.start(Math.ceil(total), 0);
  }

  add(amount: number): void {
    this.#done += amount;
    this.#bar?.update(Math.floor(this.#done));
    if (this.#bar || this.#sinceLineMs() < LINE_EVERY_MS) return;
    this.#sinceLineMs = stopwatch();
    const of = this.#total > 0 ? ` of ${Math.ceil(this.#total)}` : '';
    say(this.#terminal, `${this.#activity}: ${Math.floor(this.#done)}${of} ${this.#unit}`);
  }

  stop(): void {
    this.#bar?.stop();
  }
}
