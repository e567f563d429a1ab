import type { Command } from 'commander';
import type { ListOptions } from './commands/list_detections.ts';
import type { MarkOptions } from './commands/mark_detection.ts';
import type { ShowOptions } from './commands/show_detection.ts';
import { FORMATS } from './output/format.ts';
import type { Terminal } from './terminal.ts';

export function addDetectionsCommands(program: Command, terminal: Terminal): void {
  const detections = program.command('detections').summary('list, show and mark detections');

  detections
    .command('list', { isDefault: true })
    .summary('list detections')
    .description(
      'Lists detections. All filters must match; names are compared without regard to case, and * is any text. A search text ' +
        'has the filters in one: process:rundll32* device:wks-* interval:<120. interval (seconds), devices, average, spread ' +
        'and score take a number, or < or > and a number. Quote it, or the shell replaces * and <.',
    )
    .argument('[search]', 'filters in one text, in addition to the options')
    .option('--state <STATE>', 'new, ongoing, resolved, or active (new and ongoing)')
    .option('-d, --device <NAME>', 'device')
    .option('-p, --process <NAME>', 'process file name')
    .option('-r, --remote <ADDRESS>', 'address or CIDR range, IPv4 or IPv6')
    .option('--severity <SEVERITY>', 'low, medium or high')
    .option('--source <NAME>', 'kind of telemetry')
    .option('--detector <NAME>', 'kql-rule or regularity: it has matched in this episode')
    .option('--suppressed <true|false>', 'suppressed detections only, or the others only')
    .option('--verdict <VERDICT>', 'acknowledged, true-positive, benign-positive, false-positive, or none')
    .option('--since <TIME>', 'matched in a run at or after this time')
    .option(
      '-s, --sort <ORDER>',
      'severity (then fewest devices, then the most regular), average, prevalence, spread, newest (latest opening first), ' +
        'or key (by id, printed as it is read)',
      'severity',
    )
    .option('-n, --limit <N>', '1 to 1,000 rows', '100')
    .option('-a, --all', 'every row', false)
    .option('-f, --format <FORMAT>', FORMATS.join(', '), 'table')
    .action(async (search: string | undefined, options: ListOptions) =>
      (await import('./commands/list_detections.ts')).listDetectionsCommand(terminal, search, options),
    );

  detections
    .command('show')
    .summary('show one detection')
    .description(
      'Prints one detection with its evidence, two hunting queries, and the commands to suppress or mark it.',
    )
    .argument('<id>', 'an id from list; its first characters are sufficient if no other id begins with them')
    .option('--explain', 'also print the conditions of each detector, with the numbers that they need', false)
    .option('-f, --format <FORMAT>', 'table or json', 'table')
    .action(async (id: string, options: ShowOptions) =>
      (await import('./commands/show_detection.ts')).showCommand(terminal, id, options),
    );

  detections
    .command('mark')
    .summary('record a verdict')
    .description('Records the verdict of an analyst. It replaces an earlier one, and stays over all later episodes.')
    .argument('<id>', 'as for show')
    .requiredOption('--as <VERDICT>', 'acknowledged, true-positive, benign-positive or false-positive')
    .option('--note <TEXT>', 'at most 1,000 characters', '')
    .option('--who <NAME>', 'who records the verdict (default: the user of this machine)')
    .option('-f, --format <FORMAT>', 'table or json', 'table')
    .action(async (id: string, options: MarkOptions) =>
      (await import('./commands/mark_detection.ts')).markCommand(terminal, id, options),
    );
}
