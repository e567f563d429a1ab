import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { Versioned } from './versioned.ts';

/** What is known of a sink between runs. */
export interface SinkState {
  readonly name: string;
  /** The asOf of the first run that met it in the settings: it hears of what opens from then on. */
  readonly since: Timestamp;
  /** The asOf of the first run that missed it in the settings, null while it is there: it hears of nothing. */
  readonly absentSince: Timestamp | null;
  /** When it said that it is gone (410), null while it has not. */
  readonly disabledAt: number | null;
  /** Hash of its settings: a disabled sink wakes when they change. */
  readonly settings: string;
  /** Tries in a row that it did not take, 0 after one that it did. */
  readonly failures: number;
  /** Nothing is sent before then (ms since the epoch); 0 for at once. */
  readonly notBefore: number;
}

/** The `Sinks` table. Scoring runs and notifiers write the same columns: each write is of the version that was read. */
export interface SinkStates {
  get(name: string): Promise<Versioned<SinkState> | null>;
  /** All rows, in order of name; as many as there ever were sinks. */
  list(): Promise<readonly Versioned<SinkState>[]>;
  /** Writes a row that must not exist yet. The new version; null where the row exists. */
  insert(state: SinkState): Promise<string | null>;
  /** Replaces the row if it still has that version. The new version; null where it has another, or is gone. */
  replace(state: SinkState, version: string): Promise<string | null>;
}
