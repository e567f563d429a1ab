import type { SinkScope } from '../../core/detections/sink_scope.ts';
import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { Versioned } from './versioned.ts';

/** The state of a sink between runs, and its scope, for callers without its settings. */
export interface SinkState extends SinkScope {
  readonly name: string;
  /** The asOf of the first run that met it in the settings: it receives detections that open from then on. */
  readonly since: Timestamp;
  /** Time of its answer 410 (gone), null without one (ms since the epoch). */
  readonly disabledAt: number | null;
  /** Hash of its settings: a disabled sink is enabled again when they change. */
  readonly settings: string;
  /** Consecutive failed tries; 0 after a success. */
  readonly failures: number;
  /** Nothing is sent before then (ms since the epoch); 0 for at once. */
  readonly notBefore: number;
}

/** The `Sinks` table. Scoring runs and notifiers write the same columns, each under the version that it read. */
export interface SinkStates {
  get(name: string): Promise<Versioned<SinkState> | null>;
  /** All rows, in order of name, also of former sinks. */
  list(): Promise<readonly Versioned<SinkState>[]>;
  /** Writes a row that must not exist yet. The new version; null where the row exists. */
  insert(state: SinkState): Promise<string | null>;
  /** Replaces the row if it still has that version. The new version; null where it has another, or is gone. */
  replace(state: SinkState, version: string): Promise<string | null>;
}
