import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where the command line begins: it runs as it stands, without a build. */
const ENTRIES = ['bin/beaconwatch.ts', 'src/cli/main.ts'];

/** What `--help` prints, by command: `detections list`; the command line itself is ''. */
export function helpTexts(root: string): Map<string, string> {
  const entry = ENTRIES.map((path) => join(root, path)).find((path) => existsSync(path));
  if (entry === undefined) throw new Error(`no command line at ${ENTRIES.join(' or ')}`);
  const texts = new Map<string, string>();
  const read = (command: readonly string[]) => {
    const text = execFileSync(process.execPath, [entry, ...command, '--help'], { encoding: 'utf8' });
    texts.set(command.join(' '), text);
    for (const name of commandsIn(text)) read([...command, name]);
  };
  read([]);
  return texts;
}

/** The commands that a help text lists. */
export function commandsIn(help: string): string[] {
  const [, list = ''] = /^Commands:\n([\s\S]*?)(?:\n\n|$(?![\s\S]))/m.exec(help) ?? [];
  return [...list.matchAll(/^ {2}([\w-]+)/gm)].map(([, name = '']) => name).filter((name) => name !== 'help');
}
