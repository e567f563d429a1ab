/**
 * Invalid settings: all of them at once, each with its name, in one line. The Functions host logs each line of an error
 * apart, keeps only the first as an error, and drops the others below its log level.
 */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`Invalid settings: ${faults.map((fault) => fault.replace(/\s*[\r\n]\s*/g, ' ')).join('; ')}`);
    this.faults = faults;
  }
}
