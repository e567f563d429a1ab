import type { Command } from 'commander';
import type { Terminal } from '../src/cli/terminal.ts';

/** Adds commands to the program. */
type AddCommands = (program: Command, terminal: Terminal) => void;

/** Commands that one module adds, in the order of `--help`. */
interface Module {
  readonly names: readonly string[];
  readonly load: () => Promise<AddCommands>;
}

export const MODULES: readonly Module[] = [
  { names: ['score'], load: async () => (await import('../src/cli/score_command.ts')).addScoreCommand },
  { names: ['kql'], load: async () => (await import('../src/cli/kql_command.ts')).addKqlCommand },
  { names: ['sample'], load: async () => (await import('../tools/sample/command.ts')).addSampleCommand },
  { names: ['local'], load: async () => (await import('../tools/local/command.ts')).addLocalCommand },
  {
    names: ['detections'],
    load: async () => (await import('../src/cli/detections_commands.ts')).addDetectionsCommands,
  },
  { names: ['suppress'], load: async () => (await import('../src/cli/suppress_commands.ts')).addSuppressCommands },
  {
    names: ['run', 'ui', 'ingest', 'replay', 'dead-letters', 'health', 'notify'],
    load: async () => (await import('../src/cli/storage_commands.ts')).addStorageCommands,
  },
  {
    names: ['completion'],
    load: async () => (await import('../src/cli/completion_command.ts')).addCompletionCommand,
  },
];

/** Names of commands that list all commands. */
const OVERVIEWS = new Set(['completion']);

/**
 * Adds the command that the first argument names, so that the program loads no other one. Every other first argument needs
 * them all: help, an option, or a misspelt name, for which the nearest one is proposed.
 */
export async function addCommands(program: Command, terminal: Terminal, first: string | undefined): Promise<void> {
  const named = MODULES.filter(({ names }) => first !== undefined && names.includes(first) && !OVERVIEWS.has(first));
  for (const { load } of named.length > 0 ? named : MODULES) (await load())(program, terminal);
}
