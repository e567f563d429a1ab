import { HOUR_MS } from '../core/kql/timespan.ts';
import { msOf, type Timestamp } from '../core/kql/timestamp.ts';
import type { Report } from '../core/records/report.ts';
import { MAX_FLEET_PAIRS } from '../core/regularity/fleet_pairs.ts';
import { type PublicAddress, publicAddressOf } from '../core/regularity/public_address.ts';
import type { Window } from '../core/scoring/window.ts';

/** What came earlier is not remembered, as on Azure. */
const HISTORY_HOURS = 30 * 24;
/** Addresses whose scope is remembered while reports are read. */
const MAX_PLACES = 50_000;

/** The part of the context of `regularity` that reading needs. */
export interface ReadingContext {
  /** The 72 hours of the detector. */
  readonly window: Window;
  /** 3600, or the length of the bins of a raw source. */
  readonly binSeconds: number;
  /** Receives a report from before the window. */
  seeEarlier(report: Report): void;
}

/** A report from before the window. */
export interface Earlier {
  /** Of the report, since 1970. */
  readonly hour: number;
  /** null: the address is not in scope. */
  readonly place: PublicAddress | null;
}

/** Says of reports from before the window when and where they were. */
export class EarlierPlaces {
  readonly #asOfHour: number;
  readonly #places = new Map<string, PublicAddress | null>();

  constructor({ asOf }: Window) {
    this.#asOfHour = hourOf(asOf);
  }

  /** null for a report that says nothing: without connections, or too old. */
  of({ Timestamp, count, RemoteIP }: Report): Earlier | null {
    if (count === null || count <= 0) return null;
    const hour = hourOf(Timestamp);
    return this.#asOfHour - hour > HISTORY_HOURS ? null : { hour, place: this.#placeOf(RemoteIP) };
  }

  #placeOf(remoteIP: string): PublicAddress | null {
    const known = this.#places.get(remoteIP);
    if (known !== undefined) return known;
    if (this.#places.size === MAX_PLACES) this.#places.clear();
    const place = publicAddressOf(remoteIP);
    this.#places.set(remoteIP, place);
    return place;
  }
}

/** What a thread has read from before the window. */
export interface HandedEarlier {
  readonly hours: ReadonlySet<number>;
  /** The first hour of each process in each network. */
  readonly firstHours: ReadonlyMap<string, ReadonlyMap<PublicAddress['network'], number>>;
}

/** Collects in a thread what it reads from before the window: when each process was first seen in each network. */
export class EarlierReports implements ReadingContext, HandedEarlier {
  readonly window: Window;
  readonly binSeconds: number;
  readonly hours = new Set<number>();
  readonly firstHours = new Map<string, Map<PublicAddress['network'], number>>();
  readonly #places: EarlierPlaces;
  #pairs = 0;

  constructor({ window, binSeconds }: Pick<ReadingContext, 'window' | 'binSeconds'>) {
    this.window = window;
    this.binSeconds = binSeconds;
    this.#places = new EarlierPlaces(window);
  }

  seeEarlier(report: Report): void {
    const earlier = this.#places.of(report);
    if (earlier === null) return;
    const { hour, place } = earlier;
    this.hours.add(hour);
    if (place === null) return;
    const { InitiatingProcessFileName } = report;
    const networks = this.firstHours.get(InitiatingProcessFileName) ?? new Map<PublicAddress['network'], number>();
    const first = networks.get(place.network);
    if (first === undefined) {
      // As many as the context holds of all files.
      if (this.#pairs === MAX_FLEET_PAIRS) return;
      this.#pairs++;
      this.firstHours.set(InitiatingProcessFileName, networks);
    }
    if (first === undefined || hour < first) networks.set(place.network, hour);
  }

  handOver(): HandedEarlier {
    return { hours: this.hours, firstHours: this.firstHours };
  }
}

export function hourOf(timestamp: Timestamp): number {
  return Math.floor(msOf(timestamp) / HOUR_MS);
}
