import { beforeAll, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import { type Detection, SEVERITIES } from '../../../src/core/detections/detection.ts';
import { HOUR_MS } from '../../../src/core/kql/timespan.ts';
import { msOf } from '../../../src/core/kql/timestamp.ts';
import type { Sink } from '../../../src/notify/sink.ts';
import { type SampleExport, sampleExports } from '../../../tools/sample/exports.ts';
import { type Plan, planTenant } from '../../../tools/sample/plan.ts';
import { type MemoryStores, memoryStores } from '../../fakes/stores.ts';
import { foundGroups, groupKey } from '../../support/sample/rule.ts';
import { detectionRows } from '../../support/storage/detection_rows.ts';

const END = Date.UTC(2026, 10, 23, 9);
const RUNS = 72;

let plan: Plan;
let exports: readonly SampleExport[];
beforeAll(() => {
  plan = planTenant({ devices: 8, seed: 7, end: END });
  exports = [...sampleExports(plan)];
});

interface Told {
  readonly sink: string;
  readonly hour: number;
  readonly id: string;
  readonly group: string;
  readonly detection: Detection;
}

/** The app over stores in memory, with a clock that goes from hour to hour and sinks that write down what they hear. */
class Hours {
  readonly notified: Told[] = [];
  readonly stores: MemoryStores;
  readonly #app: App;
  #now = 0;

  constructor(sinks: readonly string[], settings: Readonly<Record<string, string>>) {
    this.stores = memoryStores({ clock: () => this.#now });
    const config = readConfig({ AzureWebJobsStorage: 'UseDevelopmentStorage=true', BASELINE_HOURS: '0', ...settings });
    const parts = { stores: this.stores, clock: () => this.#now, sinks: sinks.map((name) => this.#sink(name)) };
    this.#app = createApp(config, parts);
  }

  /** An export comes to be in its hour, and is done by the end of it. */
  append({ container, name, lines, hour }: SampleExport): void {
    this.#now = hour + HOUR_MS;
    this.stores.exports.append({ container, name }, Buffer.concat(lines));
  }

  /** What the timers and queues do in an hour, for the window up to that time (ms since the epoch). */
  async run(end: number): Promise<void> {
    this.#now = end + 50 * 60_000;
    await this.#app.sweep();
    await this.#drain();
    await this.#app.scoreWindows();
    await this.#drain();
  }

  async detections(): Promise<Detection[]> {
    const rows = await detectionRows(this.stores.detections);
    return rows.map(({ detection }) => detection);
  }

  async #drain(): Promise<void> {
    const { queues } = this.stores;
    for (const message of queues.ingest.splice(0)) await this.#app.ingest(message);
    for (const message of queues.score.splice(0)) await this.#app.scorePartition(message);
    // Twice each: a queue may deliver a message again.
    for (const message of queues.notify.splice(0).flatMap((each) => [each, each])) await this.#app.notify(message);
  }

  #sink(name: string): Sink {
    return {
      name,
      fingerprint: name,
      digests: null,
      send: async ({ id, detections }) => {
        const [detection] = detections as [Detection];
        const { DeviceName, InitiatingProcessFileName, RemoteIP, asOf } = detection;
        const group = groupKey(DeviceName, InitiatingProcessFileName, RemoteIP);
        const hour = (msOf(asOf) - (END - RUNS * HOUR_MS)) / HOUR_MS;
        this.notified.push({ sink: name, hour, id, group, detection });
        return { kind: 'sent', answer: '200' };
      },
    };
  }
}

/** Which severities there are to be notified of, from nothing but how the severity of each group went from hour to hour. */
class Watch {
  readonly changes: string[] = [];
  readonly #highest = new Map<string, number>();

  look(hour: number, detections: readonly Detection[]): void {
    for (const { DeviceName, InitiatingProcessFileName, RemoteIP, severity, decision } of detections) {
      if (!decision.isDecided) continue;
      const group = groupKey(DeviceName, InitiatingProcessFileName, RemoteIP);
      const highest = this.#highest.get(group);
      const level = SEVERITIES.indexOf(severity);
      if (highest !== undefined && level > highest)
        this.changes.push(
          `${hour} ${group} The severity rose to ${severity} (highest before: ${SEVERITIES[highest]}).`,
        );
      this.#highest.set(group, Math.max(level, highest ?? 0));
    }
  }
}

describe('72 hourly runs', () => {
  it('over a growing sample notify of each group in the second hour in which the rule finds it, and of each change once', async () => {
    const hours = new Hours(['soc'], { DETECTORS: 'kql-rule' });
    const lines: Buffer[] = [];
    const opened = new Set<string>();
    const found = new Map<string, number>();
    const watch = new Watch();
    for (let hour = 0; hour <= RUNS; hour++) {
      const delivered = exports[hour];
      if (delivered !== undefined) {
        hours.append(delivered);
        lines.push(...delivered.lines);
      }
      if (hour === 0) continue;
      const end = plan.start + hour * HOUR_MS;
      await hours.run(end);
      for (const group of foundGroups(lines, end)) {
        if (opened.has(group) && !found.has(group)) found.set(group, hour);
        opened.add(group);
      }
      watch.look(hour, await hours.detections());
    }

    const openings = hours.notified.filter(({ detection }) => detection.revision === 1);
    expect(new Map(openings.map(({ group, hour }) => [group, hour]))).toEqual(found);
    expect(openings).toHaveLength(found.size);
    // Each seeded beacon that the rule should find is one of them, and none that it should miss.
    for (const { device, process, remoteIP, expected } of plan.seededBeacons) {
      expect(opened.has(groupKey(device, process, remoteIP))).toBe(expected === 'found');
    }
    const changes = hours.notified.filter(({ detection }) => detection.revision > 1);
    expect(changes.map(({ hour, group, detection }) => `${hour} ${group} ${detection.revisionReason}`)).toEqual(
      watch.changes,
    );
    expect(hours.notified).toHaveLength(openings.length + changes.length);
    expect(changes.length).toBeGreaterThan(0);
  });

  it('over unchanged data notify each sink of each detection exactly once', async () => {
    const hours = new Hours(['soc', 'chat'], {});
    for (const each of exports) hours.append(each);
    for (let run = 0; run < RUNS; run++) await hours.run(END + run * HOUR_MS);
    const told = hours.notified.map(({ sink, detection }) => `${sink} ${detection.groupId}`);
    expect(told.length).toBeGreaterThan(2 * 20);
    expect(hours.notified.filter(({ detection }) => detection.revision > 1)).toEqual([]);
    expect(new Set(told).size).toBe(told.length);
    const decided = (await hours.detections()).filter(({ decision }) => decision.isDecided);
    expect(told).toHaveLength(2 * decided.length);
  });
});
