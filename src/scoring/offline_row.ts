import { bin } from '../core/kql/bin.ts';
import type { Contribution } from '../core/records/contribution.ts';
import { type Facts, isRaw } from '../core/records/report.ts';

/** A row of `score`, with the facts that the detector `regularity` names. Absent where they are not read, or not known. */
export interface OfflineRow extends Contribution {
  readonly port?: number | undefined;
  /** The host name of the remote side, in lower case. */
  readonly host?: string | undefined;
}

/**
 * The host name in a report's `RemoteUrl`, which holds a URL or a host. `hostOf('https://a.example.com:8443/x')` is
 * `a.example.com`; undefined where there is none.
 */
export function hostOf({ RemoteUrl }: Pick<Facts, 'RemoteUrl'>): string | undefined {
  if (RemoteUrl === undefined) return undefined;
  const [, host = ''] = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)/i.exec(RemoteUrl) ?? [];
  return host === '' ? undefined : host.toLowerCase();
}

/** The rule counts raw events by hour, whatever the bins. */
export function hourly(row: OfflineRow): OfflineRow {
  return isRaw(row.source) ? { ...row, Timestamp: bin(row.Timestamp, '1h') } : row;
}
