/** A number of seconds: `90 s`, `5 min`, `2 h`. */
export function durationText(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 3_600 ? `${Math.round((10 * seconds) / 60) / 10} min` : `${seconds / 3_600} h`;
}

/** A share as its number in 1,000: two digits below 10. */
export function perThousand(share: number): string {
  const value = 1_000 * share;
  return value === 0 ? '0' : value < 10 ? value.toFixed(2) : value.toFixed(0);
}

/** A table of Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
