import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** The words that may follow a command: its commands and options. */
interface Node {
  /** `detections list`; '' for the program. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  readonly options: readonly { readonly flag: string; readonly summary: string }[];
}

/** A script that completes commands and options in a shell. All its text is of the program, none from outside. */
export function completionScript(program: Command, shell: Shell): string {
  const nodes = nodesOf(program, '');
  switch (shell) {
    case 'bash':
      return bashScript(program.name(), nodes);
    case 'zsh':
      return `#compdef ${program.name()}\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(program.name(), nodes)}`;
    case 'fish':
      return fishScript(program.name(), nodes);
  }
}

function nodesOf(command: Command, path: string): Node[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command).filter((each) => each.name() !== 'help' || path === '');
  const options = help
    .visibleOptions(command)
    .flatMap(({ long, description }) =>
      long === undefined || long === null ? [] : [{ flag: long, summary: description }],
    );
  const below = commands
    .filter((each) => each.name() !== 'help')
    .flatMap((each) => nodesOf(each, `${path} ${each.name()}`.trim()));
  const named = commands.map((each) => ({ name: each.name(), summary: each.summary() || each.description() }));
  return [{ path, commands: named, options }, ...below];
}

/** Without an option that begins like the word, file names complete: most arguments are paths. */
function bashScript(name: string, nodes: readonly Node[]): string {
  const cases = nodes.map(({ path, commands, options }) => {
    const words = [...commands.map((each) => each.name), ...options.map(({ flag }) => flag)];
    return `    '${path}') words='${words.join(' ')}' ;;`;
  });
  const paths = nodes.map(({ path }) => `'${path}'`).join('|');
  return `_${name}() {
  local word path='' next words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    next="\${path:+$path }$word"
    case "$next" in
      ${paths}) path="$next" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _${name} ${name}
`;
}

function fishScript(name: string, nodes: readonly Node[]): string {
  const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = nodes.flatMap(({ path, commands, options }) => {
    const words = path === '' ? [] : path.split(' ');
    const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`);
    const others = commands.map((each) => each.name).join(' ');
    const here = [...seen, ...(others === '' ? [] : [`not __fish_seen_subcommand_from ${others}`])].join('; and ');
    const where = here === '' ? '' : ` -n ${quoted(here)}`;
    return [
      ...commands.map((each) => `complete -c ${name}${where} -a ${each.name} -d ${quoted(each.summary)}`),
      ...options.map(({ flag, summary }) => `complete -c ${name}${where} -l ${flag.slice(2)} -d ${quoted(summary)}`),
    ];
  });
  return `${lines.join('\n')}\n`;
}
