import { setTimeout } from 'node:timers/promises';
import { StoreError } from '../storage/ports/store_error.ts';

/** A part of `health`, by what it reads. */
export type Section = (typeof SECTIONS)[number];
export const SECTIONS = [
  'runs',
  'exports',
  'unread',
  'notifications',
  'suppressions',
  'queues',
  'counts',
  'owners',
  'known',
] as const;

/** Runs the sections of a check. Each stands alone: one that fails, or does not answer in time, is a problem and no error. */
export class Sections {
  readonly problems: string[] = [];
  /** Sections without any answer. */
  readonly unavailable: Section[] = [];
  readonly #timeoutMs: number;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** The answer of a section; null where it has none. */
  async read<T>(section: Section, read: () => Promise<T>): Promise<T | null> {
    try {
      return await this.#inTime(read);
    } catch (error) {
      this.unavailable.push(section);
      this.#report(SUBJECTS[section], error);
      return null;
    }
  }

  /** The same for a section with one read per container: the answers of those that answer. */
  async readEach<T>(
    section: 'exports' | 'unread',
    containers: readonly string[],
    read: (container: string) => Promise<T>,
  ): Promise<readonly T[] | null> {
    const answers = await Promise.all(
      containers.map(async (container) => {
        try {
          return { answer: await this.#inTime(() => read(container)) };
        } catch (error) {
          this.#report(`${SUBJECTS[section]} in container ${container}`, error);
          return null;
        }
      }),
    );
    const found = answers.filter((each) => each !== null).map(({ answer }) => answer);
    if (found.length > 0 || containers.length === 0) return found;
    this.unavailable.push(section);
    return null;
  }

  async #inTime<T>(read: () => Promise<T>): Promise<T> {
    const ended = new AbortController();
    const late = setTimeout(this.#timeoutMs, undefined, { signal: ended.signal }).then(() => {
      throw new LateError(`no answer within ${Math.round(this.#timeoutMs / 1000)} s`);
    });
    // Where the answer comes first, the timer is aborted, which rejects.
    late.catch(() => {});
    try {
      return await Promise.race([read(), late]);
    } finally {
      ended.abort();
    }
  }

  #report(subject: string, error: unknown): void {
    this.problems.push(
      `${subject} cannot be read: ${readFailureOf(error)}. Check the storage account, its network and the roles on it.`,
    );
  }
}

class LateError extends Error {
  override readonly name = 'LateError';
}

const SUBJECTS: Readonly<Record<Section, string>> = {
  runs: 'The table Runs',
  exports: 'The table Exports',
  unread: 'The list of exports',
  notifications: 'The tables Sinks and Detections',
  suppressions: 'The table Suppressions',
  queues: 'The lengths of the queues',
  counts: 'The list of the tables HourlyCounts',
  owners: 'The database of owners',
  known: 'The file of known networks and programs',
};

/** Never telemetry or a URL: the message of any other error may hold them. */
function readFailureOf(error: unknown): string {
  if (error instanceof StoreError || error instanceof LateError) return error.message;
  return error instanceof Error ? error.name : 'unknown';
}
