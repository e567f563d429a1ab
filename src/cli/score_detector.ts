import { ipRangeOf } from '../core/detections/ip_range.ts';
import { keyMatcher } from '../core/detections/key_filter.ts';
import { NAME_PATTERN_FAULT, namePatternOf } from '../core/detections/name_pattern.ts';
import type { Source } from '../core/records/report.ts';
import { isRaw } from '../core/records/report.ts';
import { binSecondsOf, HOUR_SECONDS } from '../core/regularity/time_bin.ts';
import { escapeForDisplay } from '../core/text/escape.ts';
import type { Explain } from '../scoring/offline_detections.ts';
import { UsageError } from './errors.ts';
import type { OutputFormat } from './output/format.ts';
import { type OfflineOrder, ORDERS_OF } from './output/order.ts';
import type { WindowOptions } from './score_windows.ts';

/** The detectors of `--detector`. */
export const DETECTOR_CHOICES = ['kql-rule', 'regularity', 'all'] as const;
export type DetectorChoice = (typeof DETECTOR_CHOICES)[number];

export interface DetectorOptions extends WindowOptions {
  readonly detector?: string;
  readonly grain?: string;
  readonly compare?: string;
  readonly series: boolean;
  readonly bin?: string;
  readonly common: boolean;
  readonly explain: boolean;
  readonly html?: string;
  readonly device?: string;
  readonly process?: string;
  readonly remote?: string;
}

/** Options that belong to the KQL rule alone: without --detector they choose it. */
const RULE_OPTIONS = ['from', 'to', 'every', 'compare'] as const;
const REGULARITY_OPTIONS = ['bin', 'common', 'explain', 'html'] as const;
const FILTERS = ['device', 'process', 'remote'] as const;

/**
 * The detector of `--detector`. By default the KQL rule for json, csv and its own options, and both for a table and for the
 * options of `regularity`. Throws a UsageError, also for options that the detector does not have.
 */
export function detectorIn(options: DetectorOptions, format: OutputFormat): DetectorChoice {
  const ofRule = [...RULE_OPTIONS.filter((each) => options[each] !== undefined), ...(options.series ? ['series'] : [])];
  const ofRegularity = REGULARITY_OPTIONS.filter((each) => options[each] !== undefined && options[each] !== false);
  const detector = chosen(options, ofRule.length > 0, ofRegularity.length > 0, format);
  if (detector === 'kql-rule') refuse('kql-rule', ofRegularity, '--detector all or regularity');
  else refuse(detector, ofRule, '--detector kql-rule');
  if (detector === 'regularity' && options.grain !== undefined)
    refuse(detector, ['grain'], '--detector all or kql-rule');
  if (options.common && options.explain) throw new UsageError('give --common or --explain, not both');
  const filters = FILTERS.filter((each) => options[each] !== undefined);
  if (filters.length > 0 && !options.explain) throw new UsageError(`${listed(filters)} needs --explain`);
  if (options.explain && format !== 'table') throw new UsageError(`--explain prints text: give no --format ${format}`);
  return detector;
}

function chosen(
  { detector: name, grain }: DetectorOptions,
  isOfRule: boolean,
  isOfRegularity: boolean,
  format: OutputFormat,
): DetectorChoice {
  if (name === undefined) {
    if (isOfRule) return 'kql-rule';
    if (isOfRegularity) return 'all';
    return format === 'table' && grain === undefined ? 'all' : 'kql-rule';
  }
  const detector = DETECTOR_CHOICES.find((each) => each === name);
  if (detector !== undefined) return detector;
  throw new UsageError(`--detector must be one of ${DETECTOR_CHOICES.join(', ')}, got "${escapeForDisplay(name)}"`);
}

function refuse(detector: DetectorChoice, options: readonly string[], instead: string): void {
  if (options.length === 0) return;
  throw new UsageError(`--detector ${detector} does not take ${listed(options)}; these need ${instead}`);
}

function listed(options: readonly string[]): string {
  return options.map((option) => `--${option}`).join(', ');
}

/** The seconds of `--bin`; an hour by default. Throws a UsageError. */
export function binSecondsIn({ bin }: DetectorOptions, sources: readonly Source[]): number {
  if (bin === undefined) return HOUR_SECONDS;
  const minutes = Number(/^(\d{1,2})m$/.exec(bin)?.[1] ?? Number.NaN);
  const hourly = sources.filter((source) => !isRaw(source));
  if (hourly.length > 0)
    throw new UsageError(
      `--bin needs raw sources, such as --set SOURCES=sysmon: the reports of ${hourly.join(', ')} count by hour`,
    );
  try {
    return binSecondsOf(minutes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(
      `--bin must be a number of minutes that divides 60, such as 5m, got "${escapeForDisplay(bin)}"`,
    );
  }
}

/** The order of `--order`. Throws a UsageError. */
export function orderFor(text: string | undefined, detector: DetectorChoice): OfflineOrder {
  const orders: readonly OfflineOrder[] = ORDERS_OF[detector];
  if (text === undefined) return orders[0] as OfflineOrder;
  const known = orders.find((each) => each === text);
  if (known !== undefined) return known;
  throw new UsageError(
    `--order must be one of ${orders.join(', ')} with --detector ${detector}, got "${escapeForDisplay(text)}"`,
  );
}

/** The groups to explain; null where none are. Throws a UsageError. */
export function explainIn({ explain, device, process, remote }: DetectorOptions): Explain | null {
  if (!explain) return null;
  for (const [name, pattern] of Object.entries({ device, process })) {
    if (pattern !== undefined && namePatternOf(pattern) === null)
      throw new UsageError(`--${name} ${NAME_PATTERN_FAULT}, got "${escapeForDisplay(pattern)}"`);
  }
  const range = remote === undefined ? undefined : ipRangeOf(remote);
  if (range === null)
    throw new UsageError(`--remote must be an address or CIDR, got "${escapeForDisplay(remote ?? '')}"`);
  const isFiltered = device !== undefined || process !== undefined || range !== undefined;
  return { matcher: isFiltered ? keyMatcher({ device, process, remote: range }) : null };
}
