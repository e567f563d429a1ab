/** A number and what it counts: `counted(1, 'export')` is `1 export`, `counted(1_000, 'export')` is `1,000 exports`. */
export function counted(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;
}
