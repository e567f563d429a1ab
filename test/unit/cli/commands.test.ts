import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addCommands, MODULES } from '../../../bin/commands.ts';
import { beaconwatch } from '../../support/cli/beaconwatch.ts';

const NAMES = MODULES.flatMap(({ names }) => names);

/** The names of the commands that a program with this first argument has. */
async function namesWith(first: string | undefined): Promise<string[]> {
  const program = new Command();
  const streams = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: {} };
  await addCommands(program, streams, first);
  return program.commands.map((command) => command.name());
}

describe('addCommands(program, terminal, first)', () => {
  it('adds all commands without a first argument, in the order of MODULES, which names each', async () => {
    expect(await namesWith(undefined)).toEqual(NAMES);
  });

  it.each(['help', '--version', 'scor', 'completion', 'constructor'])('adds all commands for %s', async (first) => {
    expect(await namesWith(first)).toEqual(NAMES);
  });

  it('adds the command alone that the first argument names', async () => {
    expect(await namesWith('score')).toEqual(['score']);
    expect(await namesWith('health')).toContain('health');
    expect(await namesWith('health')).not.toContain('score');
  });

  it.each(NAMES)('%s --help is what help prints, which has added all commands', async (name) => {
    const { stdout } = await beaconwatch([name, '--help']);
    expect(stdout).toContain(`Usage: beaconwatch ${name} `);
    expect(stdout).toBe((await beaconwatch(['help', name])).stdout);
  });
});
