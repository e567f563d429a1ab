import type { App } from '../../app.ts';
import { counted } from '../../core/text/counted.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { CommandError, UsageError } from '../errors.ts';
import { connect } from './connect.ts';

export interface NotifyCommandOptions {
  readonly test?: string;
  readonly preview?: string;
  readonly retry: boolean;
  readonly sink?: string;
  readonly dryRun: boolean;
}

/** `notify --test SINK`, `notify --preview SINK`, and `notify --retry`. */
export async function notifyCommand({ test, preview, retry, sink, dryRun }: NotifyCommandOptions): Promise<void> {
  if ([test !== undefined, preview !== undefined, retry].filter((isAsked) => isAsked).length !== 1) {
    throw new UsageError('one of --test, --preview and --retry is needed');
  }
  if (!retry && (sink !== undefined || dryRun)) throw new UsageError('--sink and --dry-run need --retry');
  if (test !== undefined) return await sendTest(test);
  if (preview !== undefined) return printPreview(preview);
  await retryFailed(sink, dryRun);
}

function printPreview(name: string): void {
  const app = connect();
  process.stdout.write(`${app.previewSink(name) ?? noSuchSink(app, name)}\n`);
}

async function sendTest(name: string): Promise<void> {
  const app = connect();
  const { kind, answer } = (await app.testSink(name)) ?? noSuchSink(app, name);
  process.stdout.write(`${name}: ${answer} (${MEANINGS[kind]})\n`);
  if (kind !== 'sent') throw new CommandError(`${name} did not take the test message`);
}

const MEANINGS = {
  sent: 'taken',
  transient: 'not now: a notification would be tried again for a day',
  gone: 'gone: the sink would be disabled until its settings change',
  permanent: 'refused: a notification would end as failed',
} as const;

function noSuchSink(app: Pick<App, 'sinkNames'>, name: string): never {
  const named = app.sinkNames.join(', ');
  throw new UsageError(
    `SINKS has no sink of the name ${escapeForDisplay(name, 60)}; ${named === '' ? 'it is empty' : `it has ${named}`}`,
  );
}

/** Of the sinks that the functions know, whatever SINKS says here. */
async function retryFailed(sink: string | undefined, isDryRun: boolean): Promise<void> {
  const retried = await connect().retryFailed(sink, isDryRun);
  if (sink !== undefined && retried.length === 0) {
    throw new UsageError(
      `no sink of the name ${escapeForDisplay(sink, 60)} was in the settings of the functions at their last run`,
    );
  }
  for (const { sink: name, detections, isDisabled } of retried) {
    const gone = isDisabled ? '; it said that it is gone (410), and hears nothing until its settings change' : '';
    process.stdout.write(`${name}: ${counted(detections, 'notification')} ${verb(detections, isDryRun)}${gone}\n`);
  }
  const changed = isDryRun ? [] : retried.filter(({ detections }) => detections > 0);
  if (changed.length === 0) process.stderr.write('Nothing was changed.\n');
  else if (changed.some(({ isDisabled }) => !isDisabled)) {
    process.stderr.write('The functions tell what is due within two minutes.\n');
  }
}

function verb(number: number, isDryRun: boolean): string {
  if (isDryRun) return number === 1 ? 'has failed' : 'have failed';
  return number === 1 ? 'is due again' : 'are due again';
}
