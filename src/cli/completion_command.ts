import type { Command } from 'commander';
import { escapeForDisplay } from '../core/text/escape.ts';
import { completionScript, SHELLS } from './completion.ts';
import { UsageError } from './errors.ts';
import type { Terminal } from './terminal.ts';

export function addCompletionCommand(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .summary('print a script that completes commands and options in your shell')
    .description('Prints a script for a shell. It completes the commands and options of this version.')
    .argument('<shell>', SHELLS.join(', '))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  beaconwatch completion bash > ~/.local/share/bash-completion/completions/beaconwatch\n' +
        '  beaconwatch completion zsh > ~/.zfunc/_beaconwatch\n' +
        '  beaconwatch completion fish > ~/.config/fish/completions/beaconwatch.fish',
    )
    .action((name: string) => {
      const shell = SHELLS.find((each) => each === name);
      if (shell === undefined)
        throw new UsageError(`the shell must be one of ${SHELLS.join(', ')}, got "${escapeForDisplay(name)}"`);
      terminal.stdout.write(completionScript(program, shell));
    });
}
