import type { Command } from 'commander';
import { timeOf } from '../../src/cli/instant.ts';
import { FORMATS, formatOf } from '../../src/cli/output/format.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

interface Options {
  readonly exports?: string;
  readonly keep: boolean;
  readonly now?: string;
  readonly format: string;
  readonly report?: string;
}

export function addLocalCommand(program: Command, terminal: Terminal): void {
  program
    .command('local')
    .summary('run the whole system on this machine, on the sample or your exports')
    .description(
      'Starts a storage emulator (Azurite), uploads growing exports, and runs the functions until every notification has ' +
        'arrived. Then it prints the detections and the counts of the run. Nothing leaves the machine; the data is ' +
        'deleted at the end. Rule settings, SOURCES and DETECTORS come from the environment, all others are fixed.',
    )
    .option('--exports <DIR>', 'folder with your own exports, as JSON lines (default: the sample)')
    .option('--now <TIME>', 'end of the window, a full hour (default: end of the data)')
    .option('--format <FORMAT>', `format of the detections: ${FORMATS.join(', ')}`, 'table')
    .option('--report <FILE>', 'write the storage requests by function, and the log lines, as JSON')
    .option('--keep', 'keep the system running, and print what to set in another shell', false)
    .action(async ({ exports, now, format, keep, report }: Options) => {
      const options = {
        exports: exports ?? null,
        now: now === undefined ? null : timeOf('--now', now),
        keep,
        report: report ?? null,
        format: formatOf(format),
      };
      // The storage clients take half a second to load: only the commands that use them import them.
      const { runLocal } = await import('./run.ts');
      await runLocal(terminal, options);
    });
}
