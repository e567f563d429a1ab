interface Wanted {
  /** Characters of the longest text. */
  readonly width: number;
  readonly isEmpty: boolean;
  readonly narrowest?: number;
  readonly rank?: number;
}

interface Fitted {
  /** The width of each column that is shown, by its place. */
  readonly widths: ReadonlyMap<number, number>;
  /** The places of the columns that do not fit. Empty columns are not among them. */
  readonly omitted: readonly number[];
}

/**
 * Fits columns into a width. Empty columns with a rank go first. Then, while the columns do not fit even with every text
 * cut to its narrowest, the column with the highest rank goes. The rest of the width goes to the texts, one character
 * after the other to the one that is cut to the shortest. Columns without a rank always stay, even where they do not fit.
 */
export function fitColumns(columns: readonly Wanted[], width: number, gap: number): Fitted {
  let shown = columns.map((_, n) => n).filter((n) => !(at(columns, n).isEmpty && at(columns, n).rank !== undefined));
  const omitted: number[] = [];
  const narrowest = (n: number) => Math.min(at(columns, n).width, at(columns, n).narrowest ?? Number.MAX_SAFE_INTEGER);
  const total = () => shown.reduce((sum, n) => sum + narrowest(n) + gap, -gap);
  while (total() > width && shown.length > 1) {
    const last = shown.reduce((highest, n) =>
      (at(columns, n).rank ?? 0) >= (at(columns, highest).rank ?? 0) ? n : highest,
    );
    if (at(columns, last).rank === undefined) break;
    shown = shown.filter((n) => n !== last);
    omitted.push(last);
  }
  const widths = new Map(shown.map((n) => [n, narrowest(n)]));
  for (let left = width - total(); left > 0; left--) {
    const cut = shown.filter((n) => (widths.get(n) ?? 0) < at(columns, n).width);
    if (cut.length === 0) break;
    const shortest = cut.reduce((a, b) => ((widths.get(b) ?? 0) < (widths.get(a) ?? 0) ? b : a));
    widths.set(shortest, (widths.get(shortest) ?? 0) + 1);
  }
  return { widths, omitted: omitted.toSorted((a, b) => a - b) };
}

function at(columns: readonly Wanted[], n: number): Wanted {
  return columns[n] as Wanted;
}
