/** One thing to change in a text that people read. */
export interface Finding {
  /** From the root of the repository; for help, the command. */
  readonly file: string;
  /** From 1; 0 for the file as a whole. */
  readonly line: number;
  readonly message: string;
}

/** `docs/costs.md:12: anew → again`. */
export function lineOf({ file, line, message }: Finding): string {
  return `${file}:${line === 0 ? '' : `${line}:`} ${message}`;
}

/** In order of file, then line. */
export function sorted(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line));
}
