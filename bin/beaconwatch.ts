#!/usr/bin/env node
import { Command, CommanderError, Help, type Option } from 'commander';
import about from '../package.json' with { type: 'json' };
import { addDetectionsCommands } from '../src/cli/detections_commands.ts';
import { CommandError, UsageError } from '../src/cli/errors.ts';
import { addScoreCommand } from '../src/cli/score_command.ts';
import { addAccountCommands } from '../src/cli/storage_commands.ts';
import { addSuppressCommands } from '../src/cli/suppress_commands.ts';
import { escapeForDisplay } from '../src/core/text/escape.ts';
import { SettingsError } from '../src/settings/read_settings.ts';
import { addLocalCommand } from '../tools/local/command.ts';
import { addSampleCommand } from '../tools/sample/command.ts';

const DONE = 0;
const FAILED = 1;
const WRONG_USAGE = 2;

const program = new Command('beaconwatch')
  .description("Finds beacons in Microsoft Defender's hourly aggregated reports of network connections.")
  .version(about.version, '--version')
  .configureHelp({ optionDescription: withDefault })
  .showHelpAfterError('(--help says how)')
  .exitOverride();
addScoreCommand(program);
addLocalCommand(program);
addSampleCommand(program);
addAccountCommands(program);
addDetectionsCommands(program);
addSuppressCommands(program);

/** What an option does, with its default where there is one: that a switch is off and a list is empty is none. */
function withDefault(option: Option): string {
  const { defaultValue, description } = option;
  const isNone = defaultValue === false || (Array.isArray(defaultValue) && defaultValue.length === 0);
  return isNone ? description : new Help().optionDescription(option);
}

/** Runs the command line; the exit code: 0 done, 1 failed, 2 wrong usage. */
async function run(argv: readonly string[]): Promise<number> {
  try {
    await program.parseAsync(argv, { from: 'user' });
    return DONE;
  } catch (error) {
    // The library has said what is wrong, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USAGE;
    if (error instanceof UsageError || error instanceof SettingsError) return complain(error.message, WRONG_USAGE);
    if (error instanceof CommandError) return complain(error.message, FAILED);
    return complain(wordsFor(error), FAILED);
  }
}

/** What went wrong, for people: a stack only where the fault is ours. */
function wordsFor(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Storage that refuses or is not there says what the call was about; which account that is, the settings say.
  if (error.name === 'StoreError') return `${error.message}\nSee the settings AzureWebJobsStorage and ExportStorage.`;
  // The system's own words for a file or an address: "ENOENT: no such file or directory, open 'x'".
  if ('code' in error && 'syscall' in error) return escapeForDisplay(error.message, 500);
  return error.stack ?? error.message;
}

function complain(message: string, code: number): number {
  process.stderr.write(`${message}\n`);
  return code;
}

// A reader that has seen enough (`| head`) closes the pipe: no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(DONE);
  throw error;
});

process.exitCode = await run(process.argv.slice(2));
