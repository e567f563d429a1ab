import type { DateOrder } from '../core/records/locale_instant.ts';
import type { RecordFormat } from '../core/records/reading.ts';
import { escapeForDisplay } from '../core/text/escape.ts';
import type { OfflineTraffic } from '../scoring/offline_traffic.ts';
import { contentNamed, isRegular } from './file_content.ts';
import { contentsOf, type InputFile } from './input_files.ts';
import { progressOn } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** The files, and how they are read. */
export interface FilesAgain {
  readonly files: readonly InputFile[];
  readonly formats: readonly RecordFormat[];
  /** By default that of each file's own values. */
  readonly dateOrder: DateOrder | undefined;
}

/** Reads the files once more for the facts of a report. Gives a sentence about what cannot be read twice. */
export async function readFacts(
  terminal: Terminal,
  traffic: OfflineTraffic,
  { files, dateOrder }: FilesAgain,
): Promise<readonly string[]> {
  const again = files.filter(isRegular);
  const total = again.reduce((sum, { bytes }) => sum + bytes, 0);
  const progress = await progressOn(terminal, 'reading facts of the report', total / 1e6, 'MB');
  const unread: string[] = [];
  for (const file of again) {
    try {
      for await (const content of contentsOf(file, (bytes) => progress.add(bytes / 1e6))) {
        if (!('chunks' in content)) continue;
        const { name, chunks } = content;
        const options = { dateOrder, again: () => contentNamed(file, name) };
        await traffic.read({ container: '', name }, chunks, options);
      }
    } catch (error) {
      // The first reading said what is wrong with it.
      if (!(error instanceof Error) || !('code' in error)) throw error;
      unread.push(file.path);
    }
  }
  progress.stop();
  const pipes = files.length - again.length;
  return [
    ...(pipes === 0
      ? []
      : ['standard input and pipes cannot be read twice: programs and accounts in them are not shown']),
    ...unread.map((path) => `${escapeForDisplay(path)}: programs and accounts in it are not all shown`),
  ];
}
