import type { Condition } from '../../core/detections/conditions.ts';

/** A line for each condition: `    no   average  12 per hour (needs above 45)`. */
export function conditionsText(conditions: readonly Condition[]): string {
  const widest = Math.max(0, ...conditions.map(({ name }) => name.length));
  return conditions
    .map(({ name, found, needed, isMet }) => {
      const mark = (isMet === null ? '-' : isMet ? 'yes' : 'no').padEnd(4);
      return `    ${mark} ${name.padEnd(widest)}  ${found}${needed === '' ? '' : ` (needs ${needed})`}\n`;
    })
    .join('');
}

/** How the conditions of a detector combine. */
export const ONE_VIEW = 'one of the views must hold, or the session';
export const ALL_CONDITIONS = 'all of these must hold';
export const PROCESS_CONDITIONS = 'one of the views must hold, and all others';
