import { findNotification } from '../notify/find_notification.ts';
import { type NotifyResult, notify } from '../notify/notify.ts';
import { openNeighbours, withNeighbours } from '../notify/open_neighbours.ts';
import { type Previewed, previewOf } from '../notify/preview.ts';
import { retryFailed } from '../notify/retry_failed.ts';
import type { Notification, SinkAnswer } from '../notify/sink.ts';
import { testNotification } from '../notify/sinks/synthetic.ts';
import { withOwners } from '../notify/with_owners.ts';
import { parseMessage } from '../storage/messages.ts';
import type { UseCaseParts } from './parts.ts';

/** Notifications: those that are pending, a test, a preview, failed ones. */
export function notifyingUseCases({ config, stores, clock, sinks, owners }: UseCaseParts) {
  return {
    /** Sends the pending notifications of a sink; null where the settings no longer have it. */
    async notify(message: unknown): Promise<NotifyResult | null> {
      const { sink: name } = parseMessage('notify', message);
      const sink = sinks.find((each) => each.name === name);
      if (sink === undefined) return null;
      const result = await notify(stores, sink, clock);
      if (result.againInMs !== null) await stores.queues.send('notify', { sink: name }, result.againInMs);
      return result;
    },

    /** Sends a test message to a sink, whatever its state; null where there is no such sink. */
    async testSink(name: string): Promise<SinkAnswer | null> {
      const sink = sinks.find((each) => each.name === name);
      return sink === undefined ? null : await sink.send(testNotification(clock()), clock());
    },

    /** The body of the test message, or of a stored detection; null where there is no such sink, or nothing to show. */
    async previewSink(name: string, of?: Previewed): Promise<string | null> {
      const settings = config.sinks.find((each) => each.name === name);
      const scope = sinks.find((each) => each.name === name);
      if (settings === undefined || scope === undefined) return null;
      const { bodyOf } = await import('../notify/sinks/messages.ts');
      const body = (shown: Notification) => bodyOf(shown, settings, config.links, clock());
      // The test message needs no storage.
      if (of === undefined) return body(testNotification(clock()));
      const shown = await previewOf(stores, scope, of);
      if (shown === null) return null;
      const neighboursOf = shown.digest ? null : await openNeighbours(stores);
      return body(withOwners(withNeighbours(shown, neighboursOf), await owners.owners()));
    },

    /**
     * Makes failed notifications pending again, of one sink or of all that the functions know, whatever sinks are set here.
     * A dry run only counts them. Empty where the functions know no sink of that name.
     */
    retryFailed: (name: string | undefined, isDryRun: boolean) =>
      retryFailed(stores, name === undefined ? null : [name], clock, isDryRun),

    /** What became of a notification, by its id as the log or a receiver has it, or by that of its digest. */
    findNotification: (id: string) => findNotification(stores, id),
  };
}
