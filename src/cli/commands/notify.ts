import type { App } from '../../app.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { counted } from '../../core/text/numbers.ts';
import { CommandError, UsageError } from '../errors.ts';
import { say, type Terminal } from '../terminal.ts';
import { connect } from './connect.ts';
import { idBeginningWith, noSuchDetection } from './detection_id.ts';

export interface NotifyCommandOptions {
  readonly test?: string;
  readonly preview?: string;
  readonly detection?: string;
  readonly digest: boolean;
  readonly retry: boolean;
  readonly id?: string;
  readonly sink?: string;
  readonly dryRun: boolean;
}

/** `notify --test SINK`, `notify --preview SINK [--detection ID | --digest]`, `notify --retry`, and `notify --id ID`. */
export async function notifyCommand(terminal: Terminal, options: NotifyCommandOptions): Promise<void> {
  const { test, preview, retry, id, sink, dryRun } = options;
  if ([test !== undefined, preview !== undefined, id !== undefined, retry].filter((isGiven) => isGiven).length !== 1) {
    throw new UsageError('give exactly one of --test, --preview, --retry and --id');
  }
  if (!retry && (sink !== undefined || dryRun)) throw new UsageError('--sink and --dry-run need --retry');
  if (preview === undefined && (options.detection !== undefined || options.digest)) {
    throw new UsageError('--detection and --digest need --preview');
  }
  if (test !== undefined) return await sendTest(terminal, test);
  if (preview !== undefined) return await printPreview(terminal, preview, options);
  if (id !== undefined) return await printFound(terminal, id);
  await retryFailed(terminal, sink, dryRun);
}

/** As many as a digest in a chat lists. */
const LISTED = 10;

async function printPreview(
  terminal: Terminal,
  name: string,
  { detection, digest }: Pick<NotifyCommandOptions, 'detection' | 'digest'>,
): Promise<void> {
  if (detection !== undefined && digest) throw new UsageError('give --detection or --digest, not both');
  const app = connect(terminal);
  if (!app.sinkNames.includes(name)) noSuchSink(app, name);
  terminal.stdout.write(`${await previewText(app, name, detection, digest)}\n`);
}

async function previewText(app: App, name: string, start: string | undefined, digest: boolean): Promise<string> {
  if (start !== undefined) {
    const id = await idBeginningWith(app, start);
    const text = await app.previewSink(name, { kind: 'detection', id });
    if (text === null) throw noSuchDetection(id);
    return text;
  }
  const text = await app.previewSink(name, digest ? { kind: 'digest', listed: LISTED } : undefined);
  if (text === null) throw new CommandError(`no active detection that ${name} takes: a digest would not be sent`);
  return text;
}

async function sendTest(terminal: Terminal, name: string): Promise<void> {
  const app = connect(terminal);
  const result = (await app.testSink(name)) ?? noSuchSink(app, name);
  const { kind, answer } = result;
  terminal.stdout.write(`${name}: ${answer} (${MEANINGS[kind]})\n`);
  if (kind !== 'sent' && result.detail !== undefined) {
    terminal.stdout.write(`The receiver says: ${escapeForDisplay(result.detail, MAX_SHOWN)}\n`);
  }
  if (kind !== 'sent') throw new CommandError(`${name} did not accept the test message`);
}

/** Characters of a receiver's own text. */
const MAX_SHOWN = 300;

/** Prints what became of a notification whose id is in the log, or that a receiver has. */
async function printFound(terminal: Terminal, id: string): Promise<void> {
  const found = await connect(terminal).findNotification(id);
  if (found.length === 0) {
    throw new CommandError(
      `no notification ${escapeForDisplay(id, 120)}: only the last revision of a detection is known at each sink`,
    );
  }
  for (const { sink, detectionId, status, attempts, answer } of found) {
    const last = answer === '' ? '' : `, last answer ${escapeForDisplay(answer)}`;
    terminal.stdout.write(`${detectionId} ${sink}: ${status}, ${counted(attempts, 'attempt')}${last}\n`);
  }
  say(terminal, 'To see the detection: beaconwatch detections show <id>.');
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
