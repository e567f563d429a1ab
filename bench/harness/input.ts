import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HOUR_MS } from '../../src/core/kql/timespan.ts';
import { SAMPLE_HOURS } from '../../tools/sample/span.ts';
import { printLine } from './bench.ts';
import { benchTenant, END, linesOf } from './tenant.ts';

/** A folder of exports, and what every program that reads it has to find. */
export interface Input {
  readonly folder: string;
  /** One export an hour, in order of time. */
  readonly files: readonly string[];
  readonly bytes: number;
  readonly lines: number;
  readonly totals: InputTotals;
  /** Value for `--now`: all reports lie in its window. */
  readonly now: string;
}

export interface InputTotals {
  readonly reports: number;
  readonly groups: number;
  readonly groupHours: number;
  readonly connections: number;
}

/** One device is some 19 MB. */
export const MB_PER_DEVICE = 19;
/** Ignored by git. */
const CACHE = fileURLToPath(new URL('../../.local/bench/', import.meta.url));
/** Raised when the tenant changes, so that no old one is found. */
const VERSION = 1;

/** The exports of a tenant of so many devices: made when they are first asked for. */
export function inputOf(devices: number): Input {
  const folder = join(CACHE, `tenant-${VERSION}-${devices}`);
  const about = join(folder, '_about.json');
  if (!existsSync(about)) {
    printLine(`  making the exports of ${devices} devices, about ${devices * MB_PER_DEVICE} MB`);
    const making = `${folder}.making`;
    rmSync(making, { recursive: true, force: true });
    mkdirSync(making, { recursive: true });
    const made = write(making, devices);
    writeFileSync(join(making, '_about.json'), JSON.stringify(made));
    rmSync(folder, { recursive: true, force: true });
    renameSync(making, folder);
  }
  const { names, ...rest } = JSON.parse(readFileSync(about, 'utf8')) as ReturnType<typeof write>;
  return { ...rest, folder, files: names.map((name) => join(folder, name)), now: new Date(END).toISOString() };
}

function write(folder: string, devices: number) {
  const tenant = benchTenant(devices);
  const names: string[] = [];
  const counts = { bytes: 0, lines: 0 };
  const totals = { reports: 0, groups: 0, groupHours: 0, connections: 0 };
  for (const { groups } of tenant.devices) {
    totals.groups += groups.length;
  }
  for (let hour = 0; hour < SAMPLE_HOURS; hour++) {
    const name = `${new Date(tenant.start + hour * HOUR_MS).toISOString().slice(0, 13)}.json`;
    const file = openSync(join(folder, name), 'w');
    for (const member of tenant.devices) {
      const { lines, reports, connections } = linesOf(tenant, member, hour);
      const bytes = Buffer.concat(lines);
      // Unlike writeSync it goes on until all is written, or throws: a disk that fills up takes a part first.
      writeFileSync(file, bytes);
      counts.bytes += bytes.length;
      counts.lines += lines.length;
      totals.reports += reports;
      totals.connections += connections;
    }
    closeSync(file);
    names.push(name);
  }
  // A group reports once in a clock hour.
  totals.groupHours = totals.reports;
  return { names, ...counts, totals };
}
