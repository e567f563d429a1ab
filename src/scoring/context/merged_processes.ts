import type { ContextFiles } from '../../storage/ports/context.ts';
import { MalformedError } from '../count_files/byte_reader.ts';
import { openContextFile, readContextSection, UnreadableFileError } from './context_file.ts';
import type { FleetContext } from './fleet_context.ts';
import { partialName } from './names.ts';
import { FIRST_GROUPS } from './partial_codec.ts';
import { type GroupedProcess, type ProcessGroup, ProcessReader, type WantedGroups } from './process_codec.ts';
import { compareProcesses } from './process_order.ts';

/** Addresses of one process on one device: beyond these it is a scanner, and the rest is not summed. */
const MAX_ADDRESSES = 20_000;
/** Processes in a list. */
const RUNS_AT_ONCE = 256;

/**
 * The processes of all partitions in their order, each with its groups of all partitions. Given in lists: a promise for each process
 * would take longer than the process.
 */
export async function* mergedProcesses(
  files: ContextFiles,
  context: FleetContext,
  wanted: WantedGroups,
  onFault: (fault: string) => void,
): AsyncGenerator<readonly GroupedProcess[]> {
  let streams: RunStream[] = [];
  for (const [partition, asOf] of context.counted) {
    const name = partialName(asOf, partition);
    const onBad = (cause: unknown) => onFault(new UnreadableFileError(name, 'bad', cause).message);
    const stream = new RunStream(sectionsOf(files, name, wanted, onFault), onBad);
    if (await stream.turn()) streams.push(stream);
  }
  let merged: GroupedProcess[] = [];
  while (streams.length > 0) {
    const first = firstOf(streams);
    const groups: ProcessGroup[] = [];
    let hasEnded = false;
    // Not `for … of`, here and below: it makes an object for each step.
    for (let n = 0; n < streams.length; n++) {
      const stream = streams[n] as RunStream;
      // A process can go on in the next section.
      while (stream.takeInto(groups, first)) if (!(await stream.turn())) break;
      hasEnded ||= stream.isAtEnd;
    }
    if (hasEnded) streams = streams.filter(({ isAtEnd }) => !isAtEnd);
    merged.push({ ...first, groups });
    if (merged.length < RUNS_AT_ONCE) continue;
    yield merged;
    merged = [];
  }
  yield merged;
}

/** The least of the processes that are next. */
function firstOf(streams: readonly RunStream[]): GroupedProcess {
  let first = (streams[0] as RunStream).head;
  for (let n = 1; n < streams.length; n++) {
    const { head } = streams[n] as RunStream;
    if (compareProcesses(head, first) < 0) first = head;
  }
  return first;
}

/** The processes of one partition, in order. */
class RunStream {
  readonly #sections: AsyncIterator<ProcessReader>;
  readonly #onBad: (cause: unknown) => void;
  #section: ProcessReader | null = null;
  #head: GroupedProcess | null = null;
  #isBad = false;

  /** `onBad`: a section has something that its checksum did not show; what follows is not read. */
  constructor(sections: AsyncIterator<ProcessReader>, onBad: (cause: unknown) => void) {
    this.#sections = sections;
    this.#onBad = onBad;
  }

  get head(): GroupedProcess {
    return this.#head as GroupedProcess;
  }

  get isAtEnd(): boolean {
    return this.#head === null;
  }

  /** Takes the groups of one process, if it is the next one. Returns whether the section ends there. */
  takeInto(groups: ProcessGroup[], process: GroupedProcess): boolean {
    while (this.#head !== null && compareProcesses(this.#head, process) === 0) {
      const taken = this.#head.groups;
      for (let n = 0; n < taken.length && groups.length < MAX_ADDRESSES; n++) groups.push(taken[n] as ProcessGroup);
      this.#advance();
    }
    return this.isAtEnd;
  }

  /** Moves to the next section that has something; false where there is none. */
  async turn(): Promise<boolean> {
    while (!this.#isBad) {
      const { done, value } = await this.#sections.next();
      if (done) return false;
      this.#section = value;
      this.#advance();
      if (!this.isAtEnd) return true;
    }
    return false;
  }

  #advance(): void {
    try {
      this.#head = this.#section?.next() ?? null;
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#onBad(error);
      this.#isBad = true;
      this.#head = null;
    }
  }
}

async function* sectionsOf(
  files: ContextFiles,
  name: string,
  wanted: WantedGroups,
  onFault: (fault: string) => void,
): AsyncGenerator<ProcessReader> {
  try {
    const file = await openContextFile(files, name);
    for (let number = FIRST_GROUPS; number < file.sections; number++) {
      yield await readContextSection(name, file, number, (section) => new ProcessReader(section, wanted));
    }
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error;
    onFault(error.message);
  }
}
