import { FileLog, type LoggedFiles } from './file_log.ts';
import { listed } from './output/listed.ts';
import { say, type Terminal } from './terminal.ts';

/** What is known of files that were read. */
export interface FilesFound {
  /** Files, members of archives, and containers that cannot be opened. */
  readonly exports: number;
  readonly logged: LoggedFiles;
  /** Members of archives whose names begin with `_` or `.`. */
  readonly skipped: readonly string[];
  /** Names of files that were decoded from Windows-1252. */
  readonly windows1252: readonly string[];
}

/** Says what is known of the files, of which `parts` are in order. */
export function reportFiles(terminal: Terminal, parts: readonly FilesFound[], hasReports: boolean) {
  const skipped = parts.flatMap((part) => part.skipped);
  if (skipped.length > 0) say(terminal, `skipped: ${listed(skipped)}`);
  const windows1252 = parts.flatMap((part) => part.windows1252);
  if (windows1252.length > 0)
    say(terminal, `read as Windows-1252, because the bytes are not UTF-8: ${listed(windows1252)}`);
  const log = new FileLog();
  for (const { logged } of parts) log.take(logged);
  log.report(terminal);
  const exports = parts.reduce((sum, part) => sum + part.exports, 0);
  return { exports, refused: log.number('refused'), problems: log.problems(hasReports) };
}
