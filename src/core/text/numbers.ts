/** A number with thousands separators: `groupedText(1_234_567)` is `1,234,567`. */
export function groupedText(value: number): string {
  // Node loads its tables of languages for the first `toLocaleString`: a fifth of the start of a bare Node.
  return Number.isSafeInteger(value) ? String(value).replace(/\B(?=(?:\d{3})+$)/g, ',') : value.toLocaleString('en-US');
}

/** A number and its noun: `counted(1, 'export')` is `1 export`, `counted(1_000, 'export')` is `1,000 exports`. */
export function counted(number: number, noun: string): string {
  return `${groupedText(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** At most `digits` decimals, without trailing zeros: `roundedText(2.504, 2)` is `2.5`. */
export function roundedText(value: number, digits: number): string {
  const scale = 10 ** digits;
  return String(Math.round(value * scale) / scale);
}

/**
 * A mean in connections per hour, with at most one decimal: `60`, `56.3`. Every text prints a mean with this function,
 * so that one beacon is not 59, 59.83 and 60 in three places.
 */
export function rateText(perHour: number): string {
  return roundedText(perHour, 1);
}

/** A share in whole percent: `percentText(0.25)` is `25 %`. */
export function percentText(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** A share in percent, with a decimal below 10: `1.4 %`. */
export function percentageText(share: number): string {
  return share < 0.1 ? `${roundedText(share * 100, 1)} %` : percentText(share);
}
