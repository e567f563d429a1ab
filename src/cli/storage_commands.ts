import type { Command } from 'commander';
import { RULE_SETTINGS } from '../config.ts';
import type { IngestOptions } from './commands/ingest.ts';
import type { NotifyCommandOptions } from './commands/notify.ts';
import type { ReplayOptions } from './commands/replay.ts';
import type { RunOptions } from './commands/run.ts';
import { FORMATS, tableOrJson } from './output/format.ts';
import { collect } from './rule_options.ts';

/** The commands that work on the storage account which the environment names, with the settings of the functions. */
export function addAccountCommands(program: Command): void {
  program
    .command('ingest')
    .summary('reads what is unread, now and here')
    .description(
      'Reads every export with something unread to its end, some at a time, beside the deployed functions: claims keep ' +
        'them apart. Stopped anywhere, it goes on where it was when it is run again.',
    )
    .option('--since <ISO>', 'exports touched since then (default: within RETENTION_DAYS)')
    .option('--parallel <N>', 'exports at a time', '4')
    .action(async (options: IngestOptions) => (await import('./commands/ingest.ts')).ingestCommand(options));

  program
    .command('replay')
    .summary('reads exports again, with the same cuts: nothing counts twice')
    .argument(
      '<export...>',
      'container/name, as dead-letters and health show them; container/, or container/folder/: all under it',
    )
    .option(
      '--force',
      'also one that was replaced after raw events of it had counted: what both contents hold counts twice',
    )
    .action(async (paths: string[], options: ReplayOptions) =>
      (await import('./commands/replay.ts')).replayCommand(paths, options),
    );

  program
    .command('run')
    .summary('scores now, or asks what other settings would find')
    .description(
      'Scores every partition in this process, as the hourly timer does by way of the queue. What is due to the sinks ' +
        'that the functions know goes on their queue, whatever SINKS says here. With --dry-run it writes nothing, and says ' +
        'what would be added and what would go, compared with the detections that are live at present.',
    )
    .option('--now <ISO>', 'end of the window; the full hour at or before (default: the last one that is delivered)')
    .option('--dry-run', 'write nothing; compare', false)
    .option('--set <NAME=VALUE>', `with --dry-run, repeatable: ${Object.keys(RULE_SETTINGS).join(', ')}`, collect, [])
    .option('--format <format>', `${FORMATS.join(', ')}`, 'table')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  beaconwatch run\n' +
        '  beaconwatch run --dry-run --set MIN_AVERAGE=30\n' +
        '  beaconwatch run --dry-run --now 2026-11-20T12:00:00Z --set SERIES_GRAIN=report --format csv',
    )
    .action(async (options: RunOptions) => (await import('./commands/run.ts')).runCommand(options));

  program
    .command('health')
    .summary('what is stuck, and why; fails where something wants attention')
    .option('--format <format>', 'table or json', 'table')
    .option('--now <ISO>', 'as if it were then: of a local run that is kept over old data, whose clock stands there')
    .action(async (options: { format: string; now?: string }) => {
      tableOrJson(options.format);
      await (await import('./commands/health.ts')).healthCommand(options);
    });

  program
    .command('notify')
    .summary('tries a sink out, or has told again what one did not take')
    .option('--test <SINK>', 'sends a test message, and says what came back; fails where it was not taken')
    .option('--preview <SINK>', 'prints the body of that message, and sends nothing')
    .option(
      '--retry',
      'notifications that have failed, of live detections, are due again: the functions tell them',
      false,
    )
    .option('--sink <SINK>', 'with --retry: of this sink (default: of all that the functions know)')
    .option('--dry-run', 'with --retry: says how many, and changes nothing', false)
    .action(async (options: NotifyCommandOptions) => (await import('./commands/notify.ts')).notifyCommand(options));

  program
    .command('dead-letters')
    .summary('what could not be read or stored, and why')
    .option('--format <format>', 'table or json', 'table')
    .action(async (options: { format: string }) => {
      tableOrJson(options.format);
      await (await import('./commands/dead_letters.ts')).deadLettersCommand(options);
    });
}
