import { randomBytes } from 'node:crypto';
import type { Owner } from '../core/detections/owner.ts';
import type { SuppressionCriteria } from '../core/detections/suppression.ts';
import type { Verdict } from '../core/detections/verdict.ts';
import { getDetection } from '../detections/get_detection.ts';
import {
  type DetectionQuery,
  idsBeginningWith,
  listDetections,
  testSuppression,
} from '../detections/query_detections.ts';
import { recordVerdict } from '../detections/record_verdict.ts';
import { addSuppression, listSuppressions, type NewSuppression } from '../detections/suppressions.ts';
import type { UseCaseParts } from './parts.ts';

/** What an analyst asks and says: detections, verdicts, suppressions. */
export function analystUseCases({ config, stores, clock, sinks, owners }: UseCaseParts) {
  const sinkNames = sinks.map(({ name }) => name);
  return {
    /** Throws a QueryRefused, also where more than `maxSorted` detections would have to be sorted. */
    listDetections: (query: DetectionQuery, maxSorted?: number) => listDetections(stores, sinkNames, query, maxSorted),

    /** Null for an unknown id. */
    getDetection: (id: string) => getDetection(stores, id, config.rule.lookbackDays),

    /** Who owns an address, by the database in the account. */
    ownerOf: async (address: string): Promise<Owner | null> => (await owners.owners())(address),

    /** The ids of detections that begin with `start`, two at most. */
    detectionIds: (start: string) => idsBeginningWith(stores, start, 2),

    /** Records the verdict of an analyst; null for an unknown id. */
    recordVerdict: (id: string, input: Omit<Verdict, 'at'>) => recordVerdict(stores, id, input, clock),

    addSuppression: (wanted: NewSuppression, force: boolean) =>
      addSuppression(stores, wanted, force, clock, newSuppressionId),

    listSuppressions: () => listSuppressions(stores, clock),

    /** False for an unknown id. */
    removeSuppression: (id: string) => stores.suppressions.remove(id),

    testSuppression: (criteria: SuppressionCriteria) => testSuppression(stores, criteria, config.rule.lookbackDays),
  };
}

/** A random id: it reveals nothing of the suppression. */
function newSuppressionId(): string {
  return `s-${randomBytes(4).toString('hex')}`;
}
