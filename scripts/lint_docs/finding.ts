/** One thing to change in a text that people read. */
export interface LintFinding {
  /** From the root of the repository; for help, the command. */
  readonly file: string;
  /** From 1; 0 for the file as a whole. */
  readonly line: number;
  readonly message: string;
}

/** `docs/costs.md:12: anew → again`. */
export function lineNumberOf({ file, line, message }: LintFinding): string {
  return `${file}:${line === 0 ? '' : `${line}:`} ${message}`;
}

/** In order of file, then line. */
export function sorted(findings: readonly LintFinding[]): LintFinding[] {
  return findings.toSorted((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line));
}
