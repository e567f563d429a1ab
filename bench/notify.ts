/**
 * Notifications with many pending: requests to storage, time to the first message, and rate, with 5 ms for each request and
 * 20 ms for each message. `npm run bench:notify`, or with the numbers of pending notifications as arguments.
 */
import type { DigestLimits } from '../src/notify/sink.ts';
import { load } from '../test/support/notify/load.ts';

const DIGESTS: DigestLimits = { above: 5, atMost: 1000, listed: 10, waitMs: 0 };
const given = process.argv.slice(2).map(Number);

console.log('pending | kind | requests each | first message, s | notifications per second');
for (const count of given.length > 0 ? given : [1000, 10_000, 100_000]) {
  for (const kind of ['singles', 'digests'] as const) {
    // One batch of singles: the others are like it.
    const options = { requestMs: 5, answerMs: 20, ...(kind === 'singles' && { batches: 1, budgetMs: 10_000 }) };
    const { requests, firstMessageMs, perSecond } = await load(count, kind === 'digests' ? DIGESTS : null, options);
    const numbers = [requests.toPrecision(3), (firstMessageMs / 1000).toFixed(1), Math.round(perSecond)];
    console.log([count, kind, ...numbers].join(' | '));
  }
}
