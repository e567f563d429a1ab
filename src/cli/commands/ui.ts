import { once } from 'node:events';
import { msOf } from '../../core/kql/timestamp.ts';
import { wholeOf } from '../../core/text/decimal.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { UsageError } from '../errors.ts';
import { timeOf } from '../instant.ts';
import { say, type Terminal } from '../terminal.ts';
import { connect } from './connect.ts';
import { startUi } from './ui_server.ts';
import { whoOf } from './who.ts';

export interface UiCommandOptions {
  readonly port?: string;
  readonly write: boolean;
  readonly who?: string;
  readonly now?: string;
}

/** `ui`: serves the pages until Ctrl-C. Throws before it prints an address if the storage does not answer. */
export async function uiCommand(terminal: Terminal, options: UiCommandOptions): Promise<void> {
  const port = portOf(options.port);
  const at = options.now === undefined ? undefined : msOf(timeOf('--now', options.now));
  const name = whoOf('--who', options.who, terminal.env);
  const app = connect(terminal, at === undefined ? {} : { clock: () => at });
  await app.listDetections({ filter: {}, sort: 'key', limit: 1, after: null });
  const server = await startUi(app, {
    port,
    name,
    mayWrite: options.write,
    onError: (error) => say(terminal, error instanceof Error ? (error.stack ?? error.message) : String(error)),
  });
  try {
    terminal.stdout.write(`${server.url}\n`);
    say(terminal, options.write ? `Verdicts and suppressions are written as ${escapeForDisplay(name)}.` : READ_ONLY);
    say(terminal, 'Whoever knows the address sees the pages, from this machine alone. Ctrl-C stops.');
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  } finally {
    await server.stop();
  }
}

const READ_ONLY = 'The pages only read. With --write they also record verdicts and suppressions.';

function portOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = wholeOf(text, 1, 65_535);
  if (port === null) throw new UsageError(`--port must be a number from 1 to 65535, got "${escapeForDisplay(text)}"`);
  return port;
}
