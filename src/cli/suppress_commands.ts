import type { Command } from 'commander';
import type { AddOptions, CriteriaOptions } from './commands/suppress.ts';
import { FORMATS } from './output/format.ts';

const FORMAT = ['--format <format>', FORMATS.join(', '), 'table'] as const;

export function addSuppressCommands(program: Command): void {
  const suppress = program
    .command('suppress')
    .summary('what is not to be notifiedLevel: add, list, remove, test')
    .description(
      'An entry hides the detections that fit everything it names, from the next scoring run on, those that are there ' +
        'already among them: they are recorded and listed, and nobody is told. It expires; what is still live is told then.',
    );

  criteria(suppress.command('add').summary('adds an entry, and says what it will hide'))
    .requiredOption('--reason <TEXT>', 'why this is no threat')
    .option('--owner <NAME>', 'who answers for it (default: the user of this machine)')
    .option('--days <N>', 'days until it expires, at most 366 (default: 90)')
    .option('--expires <ISO>', 'or the instant')
    .option('--force', 'also where it may hide attackers, as a borrowed program by its name alone', false)
    .option(...FORMAT)
    .action(async (options: AddOptions) => (await commands()).addCommand(options));

  suppress
    .command('list')
    .summary('all entries, and what each hid')
    .option(...FORMAT)
    .action(async (options: { format: string }) => (await commands()).listSuppressionsCommand(options));

  suppress
    .command('remove')
    .summary('removes entries: what they hid is told by the next run, if it is still live')
    .argument('<id...>', 'as list shows them')
    .option('--format <format>', 'table or json', 'table')
    .action(async (ids: string[], options: { format: string }) => (await commands()).removeCommand(ids, options));

  criteria(
    suppress
      .command('test')
      .summary('what an entry would have hidden in the last window')
      .description(
        'Shows the detections that fit, of those that matched within the window of the newest run, resolved ones among ' +
          'them: by options as those of add, or by the id of an entry. Writes nothing.',
      )
      .argument('[id]', 'an entry, in place of the options'),
  )
    .option(...FORMAT)
    .action(async (id: string | undefined, options: CriteriaOptions) => (await commands()).testCommand(id, options));
}

function criteria(command: Command): Command {
  return command
    .option('--device <NAME>', 'DeviceName; case makes no difference')
    .option('--process <NAME>', 'InitiatingProcessFileName; case makes no difference')
    .option('--remote <ADDRESS>', 'address or CIDR, IPv4 or IPv6')
    .option('--source <NAME>', 'kind of telemetry')
    .option('--detector <NAME>', 'such as seed');
}

/** The clients of storage take half a second to load: only for who needs them. */
function commands() {
  return import('./commands/suppress.ts');
}
