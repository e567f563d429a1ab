/** Something that is measured: a run of it gives numbers by name (`wallMs`, `cpuMs`, …). */
export interface Contestant {
  readonly name: string;
  run(round: number): Promise<Readonly<Record<string, number>>> | Readonly<Record<string, number>>;
  /** Takes part in the first so many rounds alone: what is so slow that few will do. */
  readonly rounds?: number;
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
  { warmUp = 0, onRound = () => {} }: { warmUp?: number; onRound?: (round: number) => void } = {},
): Promise<MeasuredSides> {
  const measured: Record<string, Record<string, number[]>> = {};
  for (const { name } of contestants) {
    if (measured[name]) throw new RangeError(`twice: ${name}`);
    measured[name] = {};
  }
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

function keep(kept: Record<string, number[]>, numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    kept[name] ??= [];
    kept[name].push(value);
  }
}
