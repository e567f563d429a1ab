import { LOLBINS } from './lolbin_list.ts';

/** A program that attackers use, and the technique of MITRE ATT&CK. */
export interface Lolbin {
  /** `T1218.005` */
  readonly technique: string;
  /** `runs foreign code in a signed program` */
  readonly reason: string;
}

const BY_NAME: ReadonlyMap<string, Lolbin> = new Map(
  LOLBINS.flatMap(({ technique, reason, names }) =>
    names
      .trim()
      .split(/\s+/)
      .map((entry) => {
        const [name = '', sub] = entry.split(':');
        return [name, { technique: sub === undefined ? technique : `${technique}.${sub}`, reason }] as const;
      }),
  ),
);

/**
 * The LOLBin of a process name; null where it is none. Ignores case, `.exe` and a version at the end (`python3.11`).
 * `lolbinOf('MSHTA.exe')?.technique` is `T1218.005`.
 */
export function lolbinOf(process: string): Lolbin | null {
  const name = process.trim().toLowerCase();
  const program = name.endsWith('.exe') ? name.slice(0, -4) : name;
  return BY_NAME.get(program) ?? BY_NAME.get(program.replace(/[\d.-]+$/, '')) ?? null;
}

/** `T1218.005: runs foreign code in a signed program` */
export function lolbinText({ technique, reason }: Lolbin): string {
  return `${technique}: ${reason}`;
}

/** The reason of a severity, with a sentence for a program that attackers use. Repeating it changes nothing. */
export function withLolbin(reason: string, process: string): string {
  return `${withoutLolbin(reason, process)}${sentenceOnLolbin(process)}`;
}

/** The reason without that sentence, beside a fact that says the same. */
export function withoutLolbin(reason: string, process: string): string {
  const sentence = sentenceOnLolbin(process);
  return sentence !== '' && reason.endsWith(sentence) ? reason.slice(0, -sentence.length) : reason;
}

function sentenceOnLolbin(process: string): string {
  const lolbin = lolbinOf(process);
  return lolbin === null ? '' : ` Attackers use this program (${lolbin.technique}).`;
}

/**
 * The first LOLBin whose name fits, written with or without `.exe`; null where none does. For patterns: `power*` fits
 * `powershell.exe`.
 */
export function lolbinThatFits(fits: (lowerCase: string) => boolean): (Lolbin & { readonly name: string }) | null {
  for (const [program, lolbin] of BY_NAME) {
    for (const name of [`${program}.exe`, program]) if (fits(name)) return { ...lolbin, name };
  }
  return null;
}

/** The names, lower case without `.exe`. */
export function lolbinNames(): Iterable<string> {
  return BY_NAME.keys();
}
