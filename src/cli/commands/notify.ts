import type { App } from '../../app.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { counted } from '../../core/text/numbers.ts';
import { CommandError, UsageError } from '../errors.ts';
import { say, type Terminal } from '../terminal.ts';
import { connect } from './connect.ts';

export interface NotifyCommandOptions {
  readonly test?: string;
  readonly preview?: string;
  readonly retry: boolean;
  readonly sink?: string;
  readonly dryRun: boolean;
}

/** `notify --test SINK`, `notify --preview SINK`, and `notify --retry`. */
export async function notifyCommand(terminal: Terminal, options: NotifyCommandOptions): Promise<void> {
  const { test, preview, retry, sink, dryRun } = options;
  if ([test !== undefined, preview !== undefined, retry].filter((isGiven) => isGiven).length !== 1) {
    throw new UsageError('give exactly one of --test, --preview and --retry');
  }
  if (!retry && (sink !== undefined || dryRun)) throw new UsageError('--sink and --dry-run need --retry');
  if (test !== undefined) return await sendTest(terminal, test);
  if (preview !== undefined) return printPreview(terminal, preview);
  await retryFailed(terminal, sink, dryRun);
}

function printPreview(terminal: Terminal, name: string): void {
  const app = connect(terminal);
  terminal.stdout.write(`${app.previewSink(name) ?? noSuchSink(app, name)}\n`);
}

async function sendTest(terminal: Terminal, name: string): Promise<void> {
  const app = connect(terminal);
  const { kind, answer } = (await app.testSink(name)) ?? noSuchSink(app, name);
  terminal.stdout.write(`${name}: ${answer} (${MEANINGS[kind]})\n`);
  if (kind !== 'sent') throw new CommandError(`${name} did not accept the test message`);
}

/** The effect that each answer has on a notification. */
const MEANINGS = {
  sent: 'accepted',
  transient: 'transient: a notification would be retried for a day',
  gone: 'gone: the sink would be disabled until its settings change',
  permanent: 'rejected: a notification would end as failed',
} as const;

function noSuchSink(app: Pick<App, 'sinkNames'>, name: string): never {
  const names = app.sinkNames.join(', ');
  throw new UsageError(
    `SINKS has no sink ${escapeForDisplay(name, 60)}; ${names === '' ? 'it is not set in this shell' : `it has ${names}`}`,
  );
}

/** Resends for the sinks that the functions know; SINKS of this shell has no effect. */
async function retryFailed(terminal: Terminal, sink: string | undefined, isDryRun: boolean): Promise<void> {
  const retried = await connect(terminal).retryFailed(sink, isDryRun);
  if (sink !== undefined && retried.length === 0) {
    throw new UsageError(
      `the functions had no sink ${escapeForDisplay(sink, 60)} in their settings at their last run; ` +
        'health lists the sinks that they know',
    );
  }
  for (const { sink: name, detections, isDisabled } of retried) {
    const note = isDisabled ? '; the sink answered 410 (gone) and is disabled until its settings change' : '';
    const effect = isDryRun ? 'failed' : 'pending again';
    terminal.stdout.write(`${name}: ${counted(detections, 'notification')} ${effect}${note}\n`);
  }
  const changed = isDryRun ? [] : retried.filter(({ detections }) => detections > 0);
  if (changed.length === 0) say(terminal, 'Nothing was changed.');
  else if (changed.some(({ isDisabled }) => !isDisabled)) say(terminal, 'The functions send within two minutes.');
}
