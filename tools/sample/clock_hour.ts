import { HOUR_MS } from '../../src/core/kql/timespan.ts';
import type { Event } from './aggregated.ts';
import type { PlannedConnection } from './connections.ts';
import { anyInstant } from './instant.ts';
import type { Random } from './random.ts';
import { SECOND_MS } from './span.ts';

/**
 * The reports of a sensor whose reporting hour is the clock hour: one report per port and local address, within the last
 * second of the hour.
 */
export function* clockHourReports(connections: readonly PlannedConnection[], random: Random): Generator<Event> {
  const counts = new Map<string, { first: PlannedConnection; count: number }>();
  for (const connection of connections) {
    const key = `${connection.remotePort} ${connection.localIP}`;
    const counted = counts.get(key);
    if (counted) counted.count++;
    else counts.set(key, { first: connection, count: 1 });
  }
  for (const { first, count } of counts.values()) {
    const endMs = first.atMs - (first.atMs % HOUR_MS) + HOUR_MS - SECOND_MS;
    yield {
      ...rowOf(first),
      localPort: null,
      timestamp: anyInstant(endMs, random),
      actionType: `${ACTION_TYPES[first.outcome]}AggregatedReport`,
      additionalFields: `{"uniqueEventsAggregated":${count}}`,
    };
  }
}

/** The row of a single connection. */
export function connectionRow(connection: PlannedConnection, random: Random): Event {
  return {
    ...rowOf(connection),
    localPort: connection.localPort,
    timestamp: anyInstant(connection.atMs, random),
    actionType: ACTION_TYPES[connection.outcome],
    additionalFields: null,
  };
}

const ACTION_TYPES = { success: 'ConnectionSuccess', failed: 'ConnectionFailed' } as const;

function rowOf({ process, remoteIP, remotePort, localIP }: PlannedConnection) {
  return { process, remoteIP, remotePort, remoteUrl: null, localIP, protocol: 'Tcp' };
}
