import { type KnownOf, NOTHING_KNOWN } from '../core/detections/known.ts';
import { msOf } from '../core/kql/timestamp.ts';
import type { Report } from '../core/records/report.ts';
import { DeviceHours, MAX_DEVICES_WITH_HOURS } from '../core/regularity/device_hours.ts';
import { fewDevicesOf, manyDevicesOf } from '../core/regularity/fleet_limits.ts';
import { FleetPairs, type ProcessPlace } from '../core/regularity/fleet_pairs.ts';
import { isNewSince, observedSince } from '../core/regularity/observed.ts';
import { MOST_USERS } from '../core/regularity/pair_table.ts';
import { type BinUnit, HOUR_SECONDS, unitOf } from '../core/regularity/time_bin.ts';
import type { Window } from '../core/scoring/window.ts';
import { DETECTION_SETTINGS, type FleetSettings } from './detection_settings.ts';
import { EarlierPlaces, type HandedEarlier, hourOf, type ReadingContext } from './earlier_reports.ts';
import { hoursWith, type TimedGroup } from './timed_groups.ts';

/** What the files say of the fleet: they are their own context. */
export class OfflineContext implements ReadingContext {
  readonly window: Window;
  readonly binSeconds: number;
  /** What the operator knows of networks and programs. */
  readonly knownOf: KnownOf;
  readonly settings: FleetSettings;
  readonly #asOfHour: number;
  readonly #deviceHours: DeviceHours;
  readonly #pairs = new FleetPairs();
  readonly #hours = new Set<number>();
  #observed: number | null | undefined;
  readonly #earlier: EarlierPlaces;

  /** `window`: the 72 hours of the detector. `binSeconds`: 3600, or the length of the bins of a raw source. */
  constructor(
    window: Window,
    binSeconds: number = HOUR_SECONDS,
    settings: FleetSettings = DETECTION_SETTINGS,
    knownOf: KnownOf = NOTHING_KNOWN,
  ) {
    this.settings = settings;
    this.knownOf = knownOf;
    this.window = window;
    this.binSeconds = binSeconds;
    this.#asOfHour = hourOf(window.asOf);
    this.#earlier = new EarlierPlaces(window);
    const bins = HOUR_SECONDS / binSeconds;
    const first = Math.floor(msOf(window.after) / (1000 * binSeconds));
    const last = Math.floor(msOf(window.asOf) / (1000 * binSeconds));
    this.#deviceHours = new DeviceHours(first, last, Math.ceil(MAX_DEVICES_WITH_HOURS / bins));
  }

  /** Notes a report from before the window: when a process was first seen in a network. */
  seeEarlier(report: Report): void {
    const earlier = this.#earlier.of(report);
    if (earlier === null) return;
    const { InitiatingProcessFileName } = report;
    this.#hours.add(earlier.hour);
    if (earlier.place !== null) this.#pairs.see({ ...earlier.place, InitiatingProcessFileName }, earlier.hour);
  }

  /** Notes what another thread has read from before the window. */
  takeEarlier({ hours, firstHours }: HandedEarlier): void {
    for (const hour of hours) this.#hours.add(hour);
    for (const [InitiatingProcessFileName, networks] of firstHours)
      for (const [network, hour] of networks) this.#pairs.see({ network, InitiatingProcessFileName }, hour);
  }

  /** Notes a group of the window. */
  add({ key, place, firstHour, counts }: TimedGroup): void {
    this.#deviceHours.add({ ...key, hours: hoursWith(counts, this.binSeconds) });
    if (counts.length === 0) return;
    for (const { second } of counts) this.#hours.add(Math.floor(second / HOUR_SECONDS));
    this.#pairs.use({ ...key, ...place }, key.DeviceName, hourOf(firstHour));
    this.#observed = undefined;
  }

  /** Devices of the window, and the numbers of them that are few and many. */
  get devices(): number {
    return this.#deviceHours.devices;
  }

  get few(): number {
    return this.settings.rareDevices ?? fewDevicesOf(this.devices);
  }

  get many(): number {
    return manyDevicesOf(this.devices);
  }

  /** The hours in which another group of its device reported; null where that is not known. */
  onBeside({ key, counts }: TimedGroup): Set<number> | null {
    return this.#deviceHours.onBeside({ ...key, hours: hoursWith(counts, this.binSeconds) });
  }

  /** The hours in which the device reported. */
  onOf(key: Pick<TimedGroup['key'], 'source' | 'DeviceName'>): Set<number> | null {
    return this.#deviceHours.onOf(key);
  }

  /** Whether the detector counts by hours, not by bins of another length. */
  get isHourly(): boolean {
    return this.binSeconds === HOUR_SECONDS;
  }

  get unit(): BinUnit {
    return unitOf(this.binSeconds);
  }

  /** Devices that use the process in this network: up to 3, or 4 for any larger number. */
  usersOf(place: ProcessPlace): number {
    return this.#pairs.devicesOf(place);
  }

  /** Whether at most `few` devices use the process in this network; of these it counts three at most. */
  isRare(place: ProcessPlace): boolean {
    return this.usersOf(place) <= Math.min(MOST_USERS, this.few);
  }

  /** Whether the files reach back far enough to say that the process had not used this network before the last days. */
  isNew(place: ProcessPlace): boolean {
    return isNewSince(this.firstHourOf(place), this.observedSince, this.#asOfHour, this.settings.newDays);
  }

  /** The first hour in which any device used the process in this network, since 1970; null where that is not known. */
  firstHourOf(place: ProcessPlace): number | null {
    return this.#pairs.firstHourOf(place);
  }

  /** The first hour of the fleet in the files; null without a day of reports. */
  get observedSince(): number | null {
    this.#observed ??= observedSince(this.#hours);
    return this.#observed;
  }
}
