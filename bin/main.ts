import { Command, CommanderError, Help, type Option } from 'commander';
import about from '../package.json' with { type: 'json' };
import { namingBadRows } from '../src/cli/bad_rows.ts';
import { isWritten, outputOf } from '../src/cli/direct_output.ts';
import { CommandError, UsageError } from '../src/cli/errors.ts';
import { say, type Terminal } from '../src/cli/terminal.ts';
import { escapeForDisplay } from '../src/core/text/escape.ts';
import { SettingsError } from '../src/settings/settings_error.ts';
import { addCommands } from './commands.ts';

const DONE = 0;
const FAILED = 1;
const WRONG_USAGE = 2;

/**
 * Runs the command of a process, and ends the process. The command goes on where its output cannot be written: exit code 1 says that
 * something was lost. A reader such as `head` may close the pipe of the result before the end: that is no failure.
 */
export async function runProcess(process: NodeJS.Process): Promise<void> {
  const fail = () => {
    process.exitCode = FAILED;
  };
  const stderr = outputOf({ fd: 2, streamOf: () => process.stderr, onError: fail });
  const stdout = outputOf({
    fd: 1,
    streamOf: () => process.stdout,
    onError: ({ code, message }) => {
      if (code === 'EPIPE') return;
      say({ stderr }, `the result cannot be written: ${message}`);
      fail();
    },
  });
  const terminal: Terminal = {
    get stdin() {
      return process.stdin;
    },
    stdout,
    stderr,
    env: process.env,
  };
  const code = await main(process.argv.slice(2), terminal);
  if (code !== DONE) process.exitCode = code;
  // Without the end of all that Node has open, which takes longer.
  if (isWritten(stdout) && isWritten(stderr)) process.exit();
}

/**
 * Runs one command. `argv` is without the program's name. Returns the exit code: 0 done, 1 failed or attention needed,
 * 2 wrong usage or invalid setting. Never throws: an error becomes a message on standard error.
 */
export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await namingBadRows(terminal, async () => (await programOn(terminal, argv[0])).parseAsync(argv, { from: 'user' }));
    return DONE;
  } catch (error) {
    // The library has printed the message, or the help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USAGE;
    say(terminal, messageOf(error));
    return error instanceof UsageError || error instanceof SettingsError ? WRONG_USAGE : FAILED;
  }
}

async function programOn(terminal: Terminal, first: string | undefined): Promise<Command> {
  const { stdout, stderr } = terminal;
  const program = new Command('beaconwatch')
    .description('Finds beacons in the network telemetry of Microsoft Defender: hourly counts of connections.')
    .version(about.version, '-V, --version', 'print the version')
    .configureHelp({ optionDescription: withDefault })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHelpWidth: () => (stdout.isTTY ? stdout.columns : undefined) as number,
      getErrHelpWidth: () => (stderr.isTTY ? stderr.columns : undefined) as number,
    })
    .helpOption('-h, --help', 'describe the command')
    .helpCommand('help [command]', 'describe a command')
    .showHelpAfterError('(add --help for the options)')
    .exitOverride();
  await addCommands(program, terminal, first);
  return program;
}

/** The description of an option with its default; a switch that is off and an empty list have none. */
function withDefault(option: Option): string {
  const { defaultValue, description } = option;
  const isNone = defaultValue === false || defaultValue === '' || (Array.isArray(defaultValue) && !defaultValue.length);
  return isNone ? description : new Help().optionDescription(option);
}

/** The message for a person. The stack is added only where the error is a bug of Beaconwatch. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof UsageError || error instanceof SettingsError || error instanceof CommandError) {
    return error.message;
  }
  // The message names the operation. The account may not be named: only the settings know it.
  if (error.name === 'StoreError') {
    return `${error.message}\nCheck the settings AzureWebJobsStorage and ExportStorage, and the rights on both accounts.`;
  }
  // One row, with its table, keys and column.
  if (error.name === 'BadRowError') return `${error.message}. Repair or remove the row.`;
  // Node's own text for a file or an address: "ENOENT: no such file or directory, open 'x'".
  if ('code' in error && 'syscall' in error) return escapeForDisplay(error.message, 500);
  return error.stack ?? error.message;
}
