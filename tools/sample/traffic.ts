import { HOUR_MS } from '../../src/core/kql/timespan.ts';
import type { Program } from './program.ts';
import type { Random } from './random.ts';
import { type Hours, SECOND_MS } from './span.ts';

/** One group of the tenant: the traffic of one program on one device to one remote address. */
export interface PlannedTraffic {
  readonly program: Program;
  readonly remoteIP: string | null;
  readonly remoteUrl: string | null;
  /** With several ports, the connections are spread over them, and each port has its own report. */
  readonly ports: readonly number[];
  readonly outcome: 'success' | 'failed';
  readonly hours: Hours;
  readonly pace: Pace;
  /** Share of reports without AdditionalFields, so without a count. */
  readonly countless: number;
}

export type Pace =
  /** Sleeps for the interval, shorter or longer by up to `jitter` (a share of it), drawn each time. */
  | { readonly kind: 'beacon'; readonly intervalSeconds: number; readonly jitter: number }
  /** No rhythm: half to nearly four times the typical number per hour, and about that number on average. */
  | { readonly kind: 'irregular'; readonly typicalPerHour: number };

/** Connections of a reporting period. */
export function connectionsIn(pace: Pace, lengthMs: number, random: Random): number {
  if (pace.kind === 'irregular') {
    const factor = 0.15 + 0.35 / (random.fraction() + 0.1);
    return Math.max(1, Math.round((pace.typicalPerHour * factor * lengthMs) / HOUR_MS));
  }
  return beats(pace, lengthMs, random).length;
}

/** The instants of a period's connections: integer milliseconds of `[0, lengthMs)`, in order. */
export function instantsIn(pace: Pace, lengthMs: number, random: Random): number[] {
  const instants =
    pace.kind === 'beacon'
      ? beats(pace, lengthMs, random)
      : Array.from({ length: connectionsIn(pace, lengthMs, random) }, () => random.int(0, lengthMs - 1));
  return instants.map(Math.floor).sort((a, b) => a - b);
}

function beats(pace: Pace & { kind: 'beacon' }, lengthMs: number, random: Random): number[] {
  const intervalMs = pace.intervalSeconds * SECOND_MS;
  const instants: number[] = [];
  for (let at = random.fraction() * intervalMs; at < lengthMs; ) {
    instants.push(at);
    at += intervalMs * (1 + pace.jitter * (2 * random.fraction() - 1));
  }
  return instants;
}

/** Divides a count into `parts`, about evenly; the sum stays the same. */
export function divided(count: number, parts: number, random: Random): number[] {
  const shares: number[] = [];
  let left = count;
  for (let part = parts; part > 1; part--) {
    const share = Math.min(left, Math.round((left / part) * (0.8 + 0.4 * random.fraction())));
    shares.push(share);
    left -= share;
  }
  return [...shares, left];
}
