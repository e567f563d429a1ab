import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A pair of hosts that is labelled. */
export interface LabelledPair {
  readonly source: string;
  readonly destination: string;
  readonly label: string;
}

/** Facts about a public capture. Its rows are not in this repository. */
export interface Capture {
  readonly name: string;
  readonly kind: 'c2' | 'benign';
  readonly about: string;
  readonly repository: string;
  readonly commit: string;
  readonly path: string;
  readonly licence: string;
  /** Of the file as it lies in that commit. */
  readonly sha256: string;
  readonly log: 'conn' | 'http';
  readonly compression: 'gzip' | null;
  readonly convert: {
    /** Networks of the sources to keep; null: all. */
    readonly keep_sources: readonly string[] | null;
    /** The column with what stands for the process; null: there is none. */
    readonly process_column: string | null;
    /** When it is scored: 30 minutes after its last hour. */
    readonly now: string;
  };
  /** Counts after the conversion, of all addresses. */
  readonly check: { readonly rows_kept: number; readonly groups: number; readonly reports: number };
  /** The beacons. */
  readonly positives: readonly (LabelledPair & { readonly port: number; readonly confidence: string })[];
  readonly malicious_but_not_c2: readonly LabelledPair[];
  /** A developer has inspected it since: training data. null: nobody has. */
  readonly inspected: string | null;
}

export function knownCaptures(): readonly Capture[] {
  const path = fileURLToPath(new URL('captures.json', import.meta.url));
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly captures: readonly Capture[] }).captures;
}
