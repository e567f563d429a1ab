import { type App, createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import { MINUTE_MS } from '../../../src/core/kql/timespan.ts';
import { msOf } from '../../../src/core/kql/timestamp.ts';
import type { Notification, Sink } from '../../../src/notify/sink.ts';
import type { ContextFiles } from '../../../src/storage/ports/context.ts';
import type { Run } from '../../../src/storage/ports/runs.ts';
import { StoreError } from '../../../src/storage/ports/store_error.ts';
import { at, type Group, hours, Tenant } from './tenant.ts';

/** A tenant in memory whose timers and queues come hour by hour, with one sink that takes everything. */
export class Hourly {
  readonly tenant: Tenant;
  readonly app: App;
  /** What the sink received in the last run. */
  readonly sent: Notification[] = [];
  #now = 0;

  /** `tenant`: one that another app began. */
  constructor(settings: Readonly<Record<string, string>>, digests: Sink['digests'] = null, tenant = new Tenant()) {
    this.tenant = tenant;
    const soc: Sink = {
      name: 'soc',
      fingerprint: 'x',
      minSeverity: 'low',
      digests,
      send: async (notification) => {
        this.sent.push(notification);
        return { kind: 'sent', answer: '200' };
      },
    };
    const config = readConfig({ AzureWebJobsStorage: 'UseDevelopmentStorage=true', ...settings });
    this.app = createApp(config, { stores: this.tenant.stores, clock: () => this.#now, sinks: [soc] });
  }

  get files(): ContextFiles {
    return this.tenant.stores.context;
  }

  /** The run up to this hour. Gives the ids of the detections that the sink received, in order. */
  async run(hour: number): Promise<string[]> {
    const { queues } = this.tenant.stores;
    this.#now = msOf(at(hour)) + 46 * MINUTE_MS;
    this.sent.length = 0;
    await this.app.scoreWindows();
    for (const message of queues.score.splice(0)) await this.#score(message);
    const { later } = queues;
    for (const message of [...queues.notify.splice(0), ...later.splice(0).map(({ message }) => message)])
      await this.app.notify(message);
    return this.sent.flatMap(({ detections }) => detections.map(({ groupId }) => groupId)).toSorted();
  }

  /** The host tries a message again; here the next run does. */
  async #score(message: unknown): Promise<void> {
    try {
      await this.app.scorePartition(message);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }

  async runsOf(hour: number): Promise<Run[]> {
    const runs = await Array.fromAsync(this.tenant.stores.runs.since(at(hour)));
    return runs.filter(({ asOf }) => asOf === at(hour));
  }

  async reports(of: Group, from: number, to: number, count: number): Promise<void> {
    await this.tenant.reports(of, hours(from, to), count);
  }

  async contextNames(): Promise<string[]> {
    return (await Array.fromAsync(this.files.names())).flat();
  }
}
