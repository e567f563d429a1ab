import { Presets, SingleBar } from 'cli-progress';

const QUIET_MS = 10_000;

/** Progress of long work on stderr: a bar on a terminal, a line every ten seconds elsewhere. */
export class Progress {
  readonly #what: string;
  readonly #total: number;
  readonly #unit: string;
  readonly #bar: SingleBar | null;
  #done = 0;
  #lastLine = performance.now();

  /** `total` in `unit`; 0 where it is not known. */
  constructor(what: string, total: number, unit: string) {
    this.#what = what;
    this.#total = total;
    this.#unit = unit;
    this.#bar = process.stderr.isTTY && total > 0 ? barOn(process.stderr, what, unit) : null;
    this.#bar?.start(Math.ceil(total), 0);
  }

  add(amount: number): void {
    this.#done += amount;
    this.#bar?.update(Math.floor(this.#done));
    if (this.#bar || performance.now() - this.#lastLine < QUIET_MS) return;
    this.#lastLine = performance.now();
    const of = this.#total > 0 ? ` of ${Math.ceil(this.#total)}` : '';
    process.stderr.write(`${this.#what}: ${Math.floor(this.#done)}${of} ${this.#unit}\n`);
  }

  stop(): void {
    this.#bar?.stop();
  }
}

function barOn(stream: NodeJS.WriteStream, what: string, unit: string): SingleBar {
  const format = `${what} {bar} {percentage}% | {value}/{total} ${unit} | {eta_formatted}`;
  return new SingleBar({ format, stream, hideCursor: true, clearOnComplete: true, etaBuffer: 100 }, Presets.rect);
}
