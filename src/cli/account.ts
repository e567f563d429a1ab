import type { Command } from 'commander';
import type { IngestOptions } from './account/ingest.ts';
import { UsageError } from './usage.ts';

/** The commands that work on the storage account which the environment names, with the settings of the functions. */
export function addAccountCommands(program: Command): void {
  program
    .command('ingest')
    .summary('reads what is unread, now and here')
    .description(
      'Reads every export with something unread to its end, some at a time, beside the deployed functions: claims keep\n' +
        'them apart. Stopped anywhere, it goes on where it was when it is run again.',
    )
    .option('--since <ISO>', 'exports touched since then (default: within RETENTION_DAYS)')
    .option('--parallel <N>', 'exports at a time', '4')
    .action(async (options: IngestOptions) => (await import('./account/ingest.ts')).ingestCommand(options));

  program
    .command('replay')
    .summary('reads exports again, with the same cuts: nothing counts twice')
    .argument('<export...>', 'container/name, as dead-letters and health show them')
    .action(async (paths: string[]) => (await import('./account/replay.ts')).replayCommand(paths));

  program
    .command('health')
    .summary('what is stuck, and why; fails where something wants attention')
    .option('--format <format>', 'table or json', 'table')
    .option('--now <ISO>', 'as if it were then: of a local run that is kept over old data, whose clock stands there')
    .action(async (options: { format: string; now?: string }) => {
      if (!['table', 'json'].includes(options.format)) throw new UsageError('--format must be table or json');
      await (await import('./account/health.ts')).healthCommand(options);
    });

  program
    .command('dead-letters')
    .summary('what could not be read or stored, and why')
    .option('--format <format>', 'table or json', 'table')
    .action(async (options: { format: string }) => {
      if (!['table', 'json'].includes(options.format)) throw new UsageError('--format must be table or json');
      await (await import('./account/dead_letters.ts')).deadLettersCommand(options);
    });
}
