import type { Command } from 'commander';
import { instantOf } from '../../src/cli/instant.ts';
import { FORMATS, formatOf } from '../../src/cli/output/format.ts';

interface Options {
  readonly exports?: string;
  readonly keep: boolean;
  readonly now?: string;
  readonly format: string;
  readonly report?: string;
}

export function addLocalCommand(program: Command): void {
  program
    .command('local')
    .summary('the whole system on this machine, on the sample or on your exports')
    .description(
      'Starts a storage emulator (Azurite), uploads exports that grow meanwhile, has the functions read, score and ' +
        'notify, and shows the detections and what it took. Nothing leaves this machine, nothing is kept. ' +
        "The rule's settings are taken from the environment; the others are set for the run.",
    )
    .option('--exports <DIR>', 'a folder of exports in place of the sample; what score reads, as JSON lines')
    .option('--now <ISO>', 'end of the window, a full hour (default: the end of the data)')
    .option('--format <format>', `of the detections: ${FORMATS.join(', ')}`, 'table')
    .option('--report <FILE>', 'writes what it took as JSON: requests by function, and the lines of the log')
    .option('--keep', 'leave it running, and say how to look at it', false)
    .action(async ({ exports, now, format, keep, report }: Options) => {
      const options = {
        exports: exports ?? null,
        now: now === undefined ? null : instantOf('--now', now),
        keep,
        report: report ?? null,
        format: formatOf(format),
      };
      // The clients of storage take half a second to load: only for who needs them.
      const { runLocal } = await import('./run.ts');
      await runLocal(options);
    });
}
