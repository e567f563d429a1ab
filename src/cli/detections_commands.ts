import type { Command } from 'commander';
import type { ListOptions } from './commands/list_detections.ts';
import type { MarkOptions } from './commands/mark_detection.ts';
import { FORMATS } from './output/format.ts';

export function addDetectionsCommands(program: Command): void {
  const detections = program.command('detections').summary('what was found: list, show, mark');

  detections
    .command('list', { isDefault: true })
    .summary('detections by filter and order')
    .option('--state <STATE>', 'new, ongoing, resolved, or live, which is the first two')
    .option('--device <NAME>', 'DeviceName; case makes no difference')
    .option('--process <NAME>', 'InitiatingProcessFileName; case makes no difference')
    .option('--remote <ADDRESS>', 'address or CIDR, IPv4 or IPv6')
    .option('--severity <SEVERITY>', 'low, medium or high')
    .option('--source <NAME>', 'kind of telemetry')
    .option('--suppressed <true|false>', 'only what a suppression hides, or what none does')
    .option('--verdict <VERDICT>', 'acknowledged, true-positive, false-positive, or none')
    .option('--since <ISO>', 'matched in a run at or after this instant')
    .option('--sort <ORDER>', 'average, prevalence, spread or newest', 'average')
    .option('--limit <N>', 'at most so many, 1 to 1,000', '100')
    .option('--all', 'all of them, however many', false)
    .option('--format <format>', FORMATS.join(', '), 'table')
    .action(async (options: ListOptions) =>
      (await import('./commands/list_detections.ts')).listDetectionsCommand(options),
    );

  detections
    .command('show')
    .summary('one detection, with all that an analyst asks first')
    .argument('<id>', 'as list shows it; the first characters are enough where no other begins with them')
    .option('--format <format>', 'table or json', 'table')
    .action(async (id: string, options: { format: string }) =>
      (await import('./commands/show_detection.ts')).showCommand(id, options),
    );

  detections
    .command('mark')
    .summary('says what an analyst makes of a detection; it stays over all its episodes')
    .argument('<id>', 'as for show')
    .requiredOption('--as <VERDICT>', 'acknowledged, true-positive or false-positive')
    .option('--note <TEXT>', 'at most 1,000 characters', '')
    .option('--who <NAME>', 'who says so (default: the user of this machine)')
    .option('--format <format>', 'table or json', 'table')
    .action(async (id: string, options: MarkOptions) =>
      (await import('./commands/mark_detection.ts')).markCommand(id, options),
    );
}
