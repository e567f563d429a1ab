import type { Command } from 'commander';
import type { AddOptions, CriteriaOptions } from './commands/suppress.ts';
import { FORMATS } from './output/format.ts';
import type { Terminal } from './terminal.ts';

const FORMAT = ['-f, --format <FORMAT>', FORMATS.join(', '), 'table'] as const;

export function addSuppressCommands(program: Command, terminal: Terminal): void {
  const suppress = program
    .command('suppress')
    .summary('add, list, remove and test suppressions')
    .description(
      'An entry matches detections that fit everything it names. It acts from the next scoring run. Matching detections ' +
        'are still scored, recorded and listed, but no sink receives them. When the entry expires, the sinks are notified ' +
        'of those that are still active.',
    );

  criteria(suppress.command('add').summary('add an entry'))
    .requiredOption('--reason <TEXT>', 'why this is no threat')
    .option(
      '--from <ID>',
      'propose the narrowest sensible entry for this detection, print what it would suppress, and ask; the options of ' +
        'the entry take precedence',
    )
    .option('--no-hash', 'with --from: name no hash, so that the entry also fits the next version of the program')
    .option('--yes', 'with --from: do not ask', false)
    .option('--owner <NAME>', 'who is responsible for the entry (default: the user of this machine)')
    .option('--days <N>', 'days until it expires, at most 366 (default: 90)')
    .option('--expires <TIME>', 'an instant or a date, in place of --days')
    .option(
      '--force',
      'add an entry that is refused as too wide, such as a LOLBin (living-off-the-land binary) without device or address',
      false,
    )
    .option(...FORMAT)
    .action(async (options: AddOptions) => (await commands()).addCommand(terminal, options));

  suppress
    .command('list')
    .summary('list all entries and their hits')
    .option(...FORMAT)
    .action(async (options: { format: string }) => (await commands()).listSuppressionsCommand(terminal, options));

  suppress
    .command('remove')
    .summary('delete entries; the next run notifies of detections that are still active')
    .argument('<id...>', 'ids from list')
    .option('-f, --format <FORMAT>', 'table or json', 'table')
    .action(async (ids: string[], options: { format: string }) =>
      (await commands()).removeCommand(terminal, ids, options),
    );

  criteria(
    suppress
      .command('test')
      .summary('print the detections that an entry would match')
      .description(
        'Prints the detections of the last window that an entry would match, resolved ones included: by the options of ' +
          'add, or by the id of an entry. It writes nothing.',
      )
      .argument('[id]', 'an entry, in place of the options'),
  )
    .option(...FORMAT)
    .action(async (id: string | undefined, options: CriteriaOptions) =>
      (await commands()).testCommand(terminal, id, options),
    );
}

function criteria(command: Command): Command {
  return command
    .option('-d, --device <NAME>', 'device; compared without regard to case, * is any text')
    .option('-p, --process <NAME>', 'process file name; compared in the same way')
    .option('-r, --remote <ADDRESS>', 'address or CIDR range; at least /8 (IPv4) or /16 (IPv6)')
    .option('--hash <HASH>', 'SHA-1 or SHA-256: only while the newest program of the group has it')
    .option('--source <NAME>', 'kind of telemetry')
    .option('--detector <NAME>', 'detector: kql-rule or regularity');
}

/** The storage clients take half a second to load: only the commands that use them import them. */
function commands() {
  return import('./commands/suppress.ts');
}
