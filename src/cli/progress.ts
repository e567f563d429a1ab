import { Presets, SingleBar } from 'cli-progress';
import { say, type Terminal } from './terminal.ts';

const LINE_EVERY_MS = 10_000;

/** Progress of long work on standard error: a bar on a terminal, a line every ten seconds elsewhere. */
export class Progress {
  readonly #terminal: Pick<Terminal, 'stderr'>;
  readonly #activity: string;
  readonly #total: number;
  readonly #unit: string;
  readonly #bar: SingleBar | null;
  #done = 0;
  #lastLine = performance.now();

  /** `activity` as in "reading"; `total` in `unit`, 0 if unknown. */
  constructor(terminal: Pick<Terminal, 'stderr'>, activity: string, total: number, unit: string) {
    this.#terminal = terminal;
    this.#activity = activity;
    this.#total = total;
    this.#unit = unit;
    this.#bar = terminal.stderr.isTTY && total > 0 ? barOn(terminal.stderr, activity, unit) : null;
    this.#bar?.start(Math.ceil(total), 0);
  }

  add(amount: number): void {
    this.#done += amount;
    this.#bar?.update(Math.floor(this.#done));
    if (this.#bar || performance.now() - this.#lastLine < LINE_EVERY_MS) return;
    this.#lastLine = performance.now();
    const of = this.#total > 0 ? ` of ${Math.ceil(this.#total)}` : '';
    say(this.#terminal, `${this.#activity}: ${Math.floor(this.#done)}${of} ${this.#unit}`);
  }

  stop(): void {
    this.#bar?.stop();
  }
}

function barOn(stream: NodeJS.WritableStream, activity: string, unit: string): SingleBar {
  const format = `${activity} {bar} {percentage}% | {value}/{total} ${unit} | {eta_formatted}`;
  return new SingleBar({ format, stream, hideCursor: true, clearOnComplete: true, etaBuffer: 100 }, Presets.rect);
}
