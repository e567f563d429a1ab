/** Something that is measured: a run of it gives numbers by name (`wallMs`, `cpuMs`, …). */
export interface Contestant {
  readonly name: string;
  run(round: number): Promise<Readonly<Record<string, number>>> | Readonly<Record<string, number>>;
  /** Takes part in the first so many rounds alone: what is so slow that few will do. */
  readonly rounds?: number;
}

/** `warmUp`: rounds at first that are not kept; `onRound`: called after each that is. */
export interface RoundOptions {
  readonly warmUp?: number;
  readonly onRound?: (round: number) => void;
}

/** What was measured: by contestant and name of the number, a value for each round. */
export type MeasuredSides = Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;

/**
 * Runs A B C A B C …, so that whatever else the machine does meets all of them alike. `warmUp` rounds at first are not
 * kept. An error of one ends the whole: a comparison without it would be another.
 */
export async function interleave(
  contestants: readonly Contestant[],
  rounds: number,
  { warmUp = 0, onRound = () => {} }: RoundOptions = {},
): Promise<MeasuredSides> {
  const measured = nothingOf(contestants);
  for (let round = 0 - warmUp; round < rounds; round++) {
    for (const contestant of contestants) {
      if (round >= (contestant.rounds ?? rounds)) continue;
      const numbers = await contestant.run(round);
      if (round >= 0) keep(measured[contestant.name] as Record<string, number[]>, numbers);
    }
    if (round >= 0) onRound(round);
  }
  return measured;
}

/** Something whose run is measured step by step. The run before a `yield` is a step; the numbers come at the end. */
export interface SteppedContestant {
  readonly name: string;
  steps(round: number): AsyncGenerator<void, Readonly<Record<string, number>>>;
}

/**
 * Runs one step of A, one of B, one of A, … until all have ended, and adds up the CPU time of each as `cpuMs`. Runs of seconds in
 * turns are not fair enough where the machine changes its speed within seconds, or where V8 collects all of its memory every two
 * runs: that falls to one of them. In each round another one begins. `warmUp` as in `interleave`.
 */
export async function interleaveSteps(
  contestants: readonly SteppedContestant[],
  rounds: number,
  { warmUp = 0, onRound = () => {} }: RoundOptions = {},
): Promise<MeasuredSides> {
  const measured = nothingOf(contestants);
  for (let round = 0; round < warmUp + rounds; round++) {
    const running = contestants.map((contestant) => new Stepped(contestant, round));
    for (let turn = round; running.some(({ numbers }) => numbers === null); turn++)
      for (let n = 0; n < running.length; n++) await (running[(turn + n) % running.length] as Stepped).step();
    if (round < warmUp) continue;
    for (const { name, cpuMs, numbers } of running)
      keep(measured[name] as Record<string, number[]>, { cpuMs, ...numbers });
    onRound(round - warmUp);
  }
  return measured;
}

class Stepped {
  readonly name: string;
  readonly #steps: AsyncGenerator<void, Readonly<Record<string, number>>>;
  cpuMs = 0;
  /** null before the end. */
  numbers: Readonly<Record<string, number>> | null = null;

  constructor({ name, steps }: SteppedContestant, round: number) {
    this.name = name;
    this.#steps = steps(round);
  }

  async step(): Promise<void> {
    if (this.numbers !== null) return;
    const before = process.cpuUsage();
    const { done, value } = await this.#steps.next();
    const { user, system } = process.cpuUsage(before);
    this.cpuMs += (user + system) / 1000;
    if (done) this.numbers = value;
  }
}

function nothingOf(contestants: readonly { readonly name: string }[]): Record<string, Record<string, number[]>> {
  const measured: Record<string, Record<string, number[]>> = {};
  for (const { name } of contestants) {
    if (measured[name]) throw new RangeError(`twice: ${name}`);
    measured[name] = {};
  }
  return measured;
}

function keep(kept: Record<string, number[]>, numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    kept[name] ??= [];
    kept[name].push(value);
  }
}
