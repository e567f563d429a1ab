/** ISO 8601 in UTC, always with milliseconds: `2026-11-20T08:15:03.117Z`. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** ISO 8601 in UTC to the tick without trailing zeros, as Log Analytics writes a datetime. `ticks`: below one millisecond. */
export function tickTime(ms: number, ticks: number): string {
  const digits = `${isoTime(ms).slice(20, 23)}${String(ticks).padStart(4, '0')}`.replace(/0+$/, '');
  return `${isoTime(ms).slice(0, 19)}${digits && '.'}${digits}Z`;
}

/** `YYYY-MM-DD HH:MM:SS` in a zone `hoursAhead` of UTC, without a zone in the text. */
export function localTime(ms: number, hoursAhead: number): string {
  return isoTime(ms + hoursAhead * 3_600_000)
    .slice(0, 19)
    .replace('T', ' ');
}

/** `y=YYYY/m=MM/d=DD/h=HH` of an instant. */
export function hourFolders(ms: number): string {
  const [date = '', time = ''] = isoTime(ms).split('T');
  const [year, month, day] = date.split('-');
  return `y=${year}/m=${month}/d=${day}/h=${time.slice(0, 2)}`;
}

/** `YYYY-MM-DDTHH` of an instant, for products whose users choose the file names. */
export function hourName(ms: number): string {
  return isoTime(ms).slice(0, 13);
}
