import type { BaselinePhase } from '../core/detections/baseline.ts';
import type { Detection, SinkDelivery } from '../core/detections/detection.ts';
import {
  isOfThisRevision,
  type PendingState,
  pendingStateOf,
  type SinkTerms,
} from '../core/detections/pending_state.ts';
import { strengthOf } from '../core/detections/strength.ts';
import { msOf, timestampFromMs } from '../core/kql/timestamp.ts';
import { pendingKeyOf } from '../storage/pending_id.ts';
import type { OutboxChange, PendingNotification } from '../storage/ports/outbox.ts';
import type { SinkState } from '../storage/ports/sink_states.ts';

/** What decides whether a detection is pending, and what its row of the outbox holds. */
export type OutboxDetection = Pick<
  Detection,
  | 'groupId'
  | 'source'
  | 'assessments'
  | 'state'
  | 'episode'
  | 'revision'
  | 'suppressedBy'
  | 'severity'
  | 'decision'
  | 'asOf'
>;

type Deliveries = Readonly<Record<string, SinkDelivery>>;

/**
 * What a scorer changes in the outbox as it writes a detection: it becomes pending for each sink that is to receive its
 * present revision. It is withdrawn from a sink whose severity or scope it no longer has, and from all sinks, also those
 * that are configured no more, where it is resolved or suppressed. While the baseline lasts nothing becomes pending. None
 * where the rows are as they must be.
 */
export function outboxChangesOf(
  detection: OutboxDetection,
  deliveries: Deliveries,
  sinks: readonly (Pick<SinkState, 'name'> & SinkTerms)[],
  baseline: BaselinePhase = 'over',
): OutboxChange[] {
  const receivers = baseline === 'lasts' ? [] : sinks;
  const added = receivers.flatMap((sink): OutboxChange[] => {
    const before = deliveries[sink.name];
    if (pendingStateOf(detection, before, sink) !== 'pending' || isPending(detection, before)) return [];
    const change = pendingChangeOf(detection, sink.name, before, msOf(detection.asOf));
    return [baseline === 'ends' ? { ...change, put: { ...change.put, isOfBaseline: true } } : change];
  });
  const withdrawn = Object.entries(deliveries).flatMap(([sink, before]): OutboxChange[] => {
    const terms = sinks.find(({ name }) => name === sink) ?? EVERYTHING;
    if (before.status !== 'pending' || !isWithdrawn(pendingStateOf(detection, before, terms))) return [];
    const delivery: SinkDelivery = { ...before, status: 'withdrawn', at: msOf(detection.asOf) };
    return [{ sink, delivery, remove: pendingKeyOf(detection, sink, before) }];
  });
  return [...added, ...withdrawn];
}

/** A sink that is configured no more keeps what was pending. */
const EVERYTHING: SinkTerms = { since: timestampFromMs(0) };

const WITHDRAWN: ReadonlySet<PendingState> = new Set([
  'not-active',
  'undecided',
  'suppressed',
  'out-of-scope',
  'below-severity',
]);

function isWithdrawn(state: PendingState): boolean {
  return WITHDRAWN.has(state);
}

/** Whether the detection says that its present revision is pending. */
export function isPending(
  detection: Pick<Detection, 'episode' | 'revision'>,
  delivery: SinkDelivery | undefined,
): boolean {
  return delivery?.status === 'pending' && isOfThisRevision(detection, delivery);
}

/** Makes the present revision of a detection pending for a sink, in the place of an earlier one. */
export function pendingChangeOf(
  detection: Omit<OutboxDetection, 'state' | 'suppressedBy' | 'decision' | 'asOf'>,
  sink: string,
  before: SinkDelivery | undefined,
  at: number,
  nextTry = 0,
): OutboxChange & { readonly put: PendingNotification } {
  const { groupId, episode, revision, severity } = detection;
  const untried = { attempts: 0, firstAt: null, answer: '' } as const;
  const put: PendingNotification = {
    ...{ sink, groupId, episode, revision, severity, ...strengthOf(detection) },
    ...{ ...untried, nextTry, leasedAt: 0, digest: '' },
  };
  return {
    sink,
    delivery: { episode, revision, status: 'pending', severity, ...untried, at },
    put,
    ...(before?.status === 'pending' && { remove: pendingKeyOf(detection, sink, before) }),
  };
}
