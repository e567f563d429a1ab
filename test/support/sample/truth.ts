import { connectionsOf } from '../../../tools/sample/connections.ts';
import type { SampleSource } from '../../../tools/sample/formats.ts';
import type { Plan } from '../../../tools/sample/plan.ts';
import { processesOf } from '../../../tools/sample/process.ts';
import { SAMPLE_HOURS } from '../../../tools/sample/span.ts';
import { groupKey, isPublic } from './rule.ts';

/** For each group in scope of the rule: its connections by hour (`2026-11-21T08`). */
export type Counts = Map<string, Map<string, number>>;

/**
 * The true connections of a tenant's programs, as far as a source can know them. The limits of the sources:
 * `defender-raw` has rows only for connections that succeed;
 * Sysmon and the Filtering Platform ignore case, as Windows, and cannot hold some characters in file names;
 * each has its own name for an unknown process.
 */
export function truth(plan: Plan, source: SampleSource): Counts {
  const counts: Counts = new Map();
  for (const device of plan.devices) {
    const running = processesOf(plan, device);
    for (const [index, group] of (plan.traffic[device.index] ?? []).entries()) {
      if (!isPublic(group.remoteIP)) continue;
      if (source === 'defender-raw' && group.outcome === 'failed') continue;
      const key = groupKey(device.name, nameIn(source, group.program.fileName), group.remoteIP);
      for (let hour = 0; hour < SAMPLE_HOURS; hour++) {
        for (const { atMs } of connectionsOf(plan, device, index, running(group.program), hour)) {
          add(counts, key, new Date(atMs).toISOString().slice(0, 13), 1);
        }
      }
    }
  }
  return counts;
}

function nameIn(source: SampleSource, fileName: string | null): string {
  switch (source) {
    case 'defender':
    case 'defender-raw':
      return fileName ?? '';
    case 'sysmon':
      return fileName === null ? '<unknown process>' : windowsName(fileName);
    case 'wfp':
      return fileName === null ? '' : windowsName(fileName);
  }
}

function windowsName(fileName: string): string {
  const characters = [...fileName.toLowerCase()].map((character) => {
    if (character === '|') return '&';
    return character < ' ' || '<>:"/\\?*'.includes(character) ? '_' : character;
  });
  return characters.join('');
}

export function add(counts: Counts, key: string, hour: string, count: number): void {
  const hours = counts.get(key) ?? new Map<string, number>();
  hours.set(hour, (hours.get(hour) ?? 0) + count);
  counts.set(key, hours);
}

/** As text, sorted: one line per group. */
export function listed(counts: Counts): string[] {
  return [...counts]
    .map(([key, hours]) => {
      const each = [...hours].sort(([a], [b]) => (a < b ? -1 : 1));
      return `${key}: ${each.map(([hour, count]) => `${hour} ${count}`).join(', ')}`;
    })
    .sort();
}
