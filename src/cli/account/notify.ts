import { shown } from '../../core/text.ts';
import { CommandError, UsageError } from '../usage.ts';
import { connect } from './connect.ts';

export interface NotifyOptions {
  readonly test?: string;
  readonly preview?: string;
}

/** `notify --test SINK` and `notify --preview SINK`. */
export async function notifyCommand({ test, preview }: NotifyOptions): Promise<void> {
  if ((test === undefined) === (preview === undefined)) throw new UsageError('one of --test and --preview is needed');
  const app = connect();
  if (preview !== undefined) {
    const body = app.previewSink(preview) ?? noSuchSink(preview);
    process.stdout.write(`${body}\n`);
    return;
  }
  const name = test ?? '';
  const { kind, answer } = (await app.testSink(name)) ?? noSuchSink(name);
  process.stdout.write(`${name}: ${answer} (${MEANINGS[kind]})\n`);
  if (kind !== 'sent') throw new CommandError(`${name} did not take the test message`);
}

const MEANINGS = {
  sent: 'taken',
  passing: 'not now: a notification would be tried again for a day',
  gone: 'gone: the sink would be disabled until its settings change',
  permanent: 'refused: a notification would end as failed',
} as const;

function noSuchSink(name: string): never {
  throw new UsageError(`SINKS has no sink of the name ${shown(name, 60)}`);
}
