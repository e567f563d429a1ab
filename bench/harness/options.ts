import { parseArgs } from 'node:util';

/** How much a benchmark is to do: `--size` and `--rounds`, to try it small. */
export interface Options {
  readonly size: number;
  readonly rounds: number;
}

/** The command line asks for what cannot be done. The message is for whoever typed it. */
export class Refused extends Error {}

/** `--size` and `--rounds`, each as in `full` where it is not given. Throws Refused. */
export function optionsFrom(args: readonly string[], full: Options): Options {
  const { size, rounds } = valuesOf(args, { size: { type: 'string' }, rounds: { type: 'string' } });
  return { size: positive('size', size, full.size), rounds: whole('rounds', positive('rounds', rounds, full.rounds)) };
}

/** Whether all benchmarks are to be run again. Sizes differ from one to the other, so that there is none for all. Throws Refused. */
export function againFrom(args: readonly string[]): boolean {
  return valuesOf(args, { again: { type: 'boolean' } }).again ?? false;
}

type Known = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;

function valuesOf<const Options extends Known>(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    const known = Object.keys(options).map((name) => `--${name}`);
    throw new Refused(
      `${(error as Error).message} (there is ${known.join(', ')}; --size and --rounds are of one benchmark)`,
    );
  }
}

function positive(name: string, text: string | undefined, preset: number): number {
  if (text === undefined) return preset;
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new Refused(`--${name} must be a number above 0, got "${text}"`);
  return value;
}

function whole(name: string, value: number): number {
  if (!Number.isInteger(value)) throw new Refused(`--${name} must be a whole number, got ${value}`);
  return value;
}
