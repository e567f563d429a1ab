import type { Command } from 'commander';
import { RULE_SETTING_NAMES } from '../settings/setting_names.ts';
import type { IngestOptions } from './commands/ingest.ts';
import type { NotifyCommandOptions } from './commands/notify.ts';
import type { ReplayOptions } from './commands/replay.ts';
import type { RunOptions } from './commands/run.ts';
import type { UiCommandOptions } from './commands/ui.ts';
import { FORMATS, tableOrJson } from './output/format.ts';
import { collect } from './rule_options.ts';
import type { Terminal } from './terminal.ts';

/** The commands on the storage account and settings of the environment, as the functions have them. */
export function addStorageCommands(program: Command, terminal: Terminal): void {
  program
    .command('run')
    .summary('score now, or compare other settings')
    .description(
      'Scores every partition in this process, as the hourly timer does through the queue. Pending notifications go to ' +
        "the functions' queue, for the sinks that the functions know; SINKS of this shell has no effect. With --dry-run " +
        'it writes nothing, and prints what the settings would add or remove, compared with the active detections.',
    )
    .option(
      '--now <TIME>',
      'end of the window, reduced to the full hour; in the past (default: the last hour that is delivered)',
    )
    .option('--dry-run', 'write nothing; compare', false)
    .option('--rebuild', 'first build the count files again of which the rows are stored', false)
    .option('--set <NAME=VALUE>', `with --dry-run only, repeatable: ${RULE_SETTING_NAMES.join(', ')}`, collect, [])
    .option('-f, --format <FORMAT>', FORMATS.join(', '), 'table')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  beaconwatch run\n' +
        '  beaconwatch run --dry-run --set MIN_AVERAGE=30\n' +
        '  beaconwatch run --dry-run --now 2026-11-20T12:00:00Z --set SERIES_GRAIN=report --format csv',
    )
    .action(async (options: RunOptions) => (await import('./commands/run.ts')).runCommand(terminal, options));

  program
    .command('ui')
    .summary('show the pages in a browser on this machine')
    .description(
      'Serves the analyst pages on 127.0.0.1, over the storage account of the environment with your own sign-in, and prints ' +
        'their address. They only read, unless --write is given. Ctrl-C stops.',
    )
    .option('--port <N>', 'port (default: any free one)')
    .option('--write', 'also record verdicts and suppressions', false)
    .option('--who <NAME>', 'the name that stands with what you write (default: the user of this machine)')
    .option('--now <TIME>', 'the clock to assume; for a local run over old data')
    .action(async (options: UiCommandOptions) => (await import('./commands/ui.ts')).uiCommand(terminal, options));

  program
    .command('ingest')
    .summary('process unread exports on this machine')
    .description(
      'Reads every export with unread data to its end, beside the deployed functions; leases keep the workers apart. It ' +
        'can be stopped at any time and continues where it was.',
    )
    .option('--since <TIME>', 'exports modified since then (default: RETENTION_DAYS ago)')
    .option('--parallel <N>', 'exports at a time', '4')
    .action(async (options: IngestOptions) => (await import('./commands/ingest.ts')).ingestCommand(terminal, options));

  program
    .command('replay')
    .summary('read exports again')
    .description('Reads exports again with the same segments, after a fix or for a new source. Nothing counts twice.')
    .argument(
      '<export...>',
      'container/name, as dead-letters and health print it; container/ or container/folder/: all',
    )
    .option(
      '--force',
      'also an export of raw events whose content was replaced; events in both contents count twice',
      false,
    )
    .action(async (paths: string[], options: ReplayOptions) =>
      (await import('./commands/replay.ts')).replayCommand(terminal, paths, options),
    );

  program
    .command('dead-letters')
    .summary('list input that could not be read or stored')
    .description(
      'Prints each record that could not be read or stored: export, byte, length, reason, and how it begins.',
    )
    .option('-f, --format <FORMAT>', 'table or json', 'table')
    .action(async (options: { format: string }) => {
      const format = tableOrJson(options.format);
      await (await import('./commands/dead_letters.ts')).deadLettersCommand(terminal, { format });
    });

  program
    .command('health')
    .summary('report problems; exits with 1 if anything needs attention')
    .description(
      'Prints the last run, unread exports, dead letters, notifications and queues, then one line with ! per problem. ' +
        'Exits with 1 if there is a problem.',
    )
    .option('-f, --format <FORMAT>', 'table or json', 'table')
    .option('--now <TIME>', 'the clock to assume; for a local run over old data')
    .action(async (options: { format: string; now?: string }) => {
      const format = tableOrJson(options.format);
      await (await import('./commands/health.ts')).healthCommand(terminal, { ...options, format });
    });

  program
    .command('notify')
    .summary('test a sink, resend failed notifications, or find one')
    .description(
      '--test and --preview use SINKS of this shell. --retry does not need it; the functions send within two minutes.',
    )
    .option('--test <SINK>', 'send a test message and print the answer; exits with 1 if the sink did not accept it')
    .option('--preview <SINK>', 'print the body of that message, without secrets, and send nothing')
    .option('--detection <ID>', 'with --preview: the body for this detection; an id or its beginning')
    .option('--digest', 'with --preview: the body of a digest of the active detections that the sink takes', false)
    .option('--retry', 'resend failed notifications for detections that are still active, under the same ids', false)
    .option('--id <ID>', 'print what became of a notification: an id of the log, of a receiver, or of a digest')
    .option('--sink <SINK>', 'with --retry: this sink only (default: all sinks that the functions know)')
    .option('--dry-run', 'with --retry: print how many, and change nothing', false)
    .action(async (options: NotifyCommandOptions) =>
      (await import('./commands/notify.ts')).notifyCommand(terminal, options),
    );
}
