import { counted } from '../core/text/numbers.ts';
import type { DeliveryView } from '../detections/detection_view.ts';
import type { DetectionDetail } from '../detections/get_detection.ts';
import type { PageEvent } from '../web/page_data.ts';

/** What happened to a detection, oldest first: its episodes, its revision, its notifications and its verdict. */
export function eventsOf(detection: DetectionDetail): readonly PageEvent[] {
  return [
    ...episodesOf(detection),
    ...revisionOf(detection),
    ...Object.entries(detection.deliveries).map(([sink, delivery]) => notified(sink, delivery)),
    ...verdictOf(detection),
  ].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

function event(at: PageEvent['at'], text: string, note = ''): PageEvent {
  return { at, text, note };
}

function episodesOf({ episodes, episode, FirstConnection, lastMatched, state, asOf }: DetectionDetail): PageEvent[] {
  const past = episodes.flatMap((each) => [event(each.episode, 'Opened'), event(each.resolved, 'Resolved')]);
  const ended = state === 'resolved' ? [event(asOf, 'Resolved: no match within a whole window')] : [];
  return [
    ...past,
    event(FirstConnection, 'First hour with a report in the window'),
    event(episode, past.length === 0 ? 'Opened' : 'Opened again'),
    event(lastMatched, 'Last match'),
    ...ended,
  ];
}

/** The row has no time of a revision: at the latest it was the newest match. */
function revisionOf({ revision, revisionReason, lastMatched }: DetectionDetail): PageEvent[] {
  return revisionReason === '' ? [] : [event(lastMatched, `Revision ${revision}, at the latest`, revisionReason)];
}

const WORDS: Readonly<Record<DeliveryView['status'], string>> = {
  pending: 'Pending for',
  withdrawn: 'Withdrawn from',
  sent: 'Notified',
  failed: 'Not accepted by',
};

function notified(sink: string, { status, at, revision, attempts, answer }: DeliveryView): PageEvent {
  const tries = attempts === 0 ? '' : `, ${counted(attempts, 'attempt')}`;
  const answered = answer === '' ? '' : `, answer ${answer}`;
  return event(at, `${WORDS[status]} ${sink} (revision ${revision}${tries}${answered})`);
}

function verdictOf({ verdict }: DetectionDetail): PageEvent[] {
  return verdict === null ? [] : [event(verdict.at, `${verdict.value}, by ${verdict.who}`, verdict.note)];
}
