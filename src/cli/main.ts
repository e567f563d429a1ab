import { Command, CommanderError } from 'commander';
import { SettingsError } from '../settings.ts';
import { addAccountCommands } from './account.ts';
import { addLocalCommand } from './local.ts';
import { addSampleCommand } from './sample.ts';
import { addScoreCommand } from './score.ts';
import { CommandError, UsageError } from './usage.ts';

const DONE = 0;
const FAILED = 1;
const WRONG_USAGE = 2;

const program = new Command('beaconwatch')
  .description("Finds beacons in Microsoft Defender's hourly aggregated reports of network connections.")
  .showHelpAfterError('(--help says how)')
  .exitOverride();
addScoreCommand(program);
addLocalCommand(program);
addSampleCommand(program);
addAccountCommands(program);

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
    return complain(error instanceof Error ? (error.stack ?? error.message) : String(error), FAILED);
  }
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
