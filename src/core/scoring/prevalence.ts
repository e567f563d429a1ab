import type { GroupKey } from '../records/report.ts';

/** Devices of one address that are told apart: as many, or more, from here on. Names have up to 1,024 characters. */
export const MAX_DEVICES = 2_000;
export const MAX_PROCESSES = 10;

/** Who talks to one address, in bounded memory. */
export class PrevalenceCounter {
  readonly #devices = new Set<string>();
  /** In order; one more than is shown, since who asks is one of them. */
  #processes: string[] = [];

  add({ DeviceName, InitiatingProcessFileName }: GroupKey): void {
    if (this.#devices.size < MAX_DEVICES) this.#devices.add(DeviceName);
    this.#addProcess(InitiatingProcessFileName);
  }

  /** At most `MAX_DEVICES`. */
  get devices(): number {
    return this.#devices.size;
  }

  /** The processes but one, the first `MAX_PROCESSES` in order of name; those without a name left out. */
  processesBut(process: string): string[] {
    return this.#processes.filter((each) => each !== process).slice(0, MAX_PROCESSES);
  }

  #addProcess(process: string): void {
    if (process === '' || this.#processes.includes(process)) return;
    const last = this.#processes.at(MAX_PROCESSES);
    if (last !== undefined && process > last) return;
    this.#processes = [...this.#processes, process].sort().slice(0, MAX_PROCESSES + 1);
  }
}
