import type { GroupKey } from '../records/report.ts';

/** Limit of the devices counted per address; the limit means that many or more. Names have up to 1,024 characters. */
export const MAX_DEVICES = 2_000;
export const MAX_PROCESSES = 10;

/** Counts the devices and processes that connect to one address, in bounded memory. */
export class PrevalenceCounter {
  readonly #devices = new Set<string>();
  /** Sorted; one more than the limit, because `processesBut` excludes one. */
  readonly #processes: string[] = [];

  add({ DeviceName, InitiatingProcessFileName }: GroupKey): void {
    if (this.#devices.size < MAX_DEVICES) this.#devices.add(DeviceName);
    this.#addProcess(InitiatingProcessFileName);
  }

  /** At most `MAX_DEVICES`. */
  get devices(): number {
    return this.#devices.size;
  }

  /** The processes except one: the first `MAX_PROCESSES` by name, without empty names. */
  processesBut(process: string): string[] {
    return this.#processes.filter((each) => each !== process).slice(0, MAX_PROCESSES);
  }

  #addProcess(process: string): void {
    const processes = this.#processes;
    if (process === '' || processes.includes(process)) return;
    let place = processes.length;
    while (place > 0 && process < (processes[place - 1] as string)) place--;
    if (place > MAX_PROCESSES) return;
    processes.splice(place, 0, process);
    if (processes.length > MAX_PROCESSES + 1) processes.pop();
  }
}
