import { msOf, type Timestamp, timestampFromMs } from '../core/kql/timestamp.ts';
import type { Rule } from '../core/scoring/rule.ts';
import { unread } from '../ingest/sweep.ts';
import { knownSinks, sinkStates } from '../notify/sink_states.ts';
import { unlessRefused } from '../scoring/context/storage_fault.ts';
import { rebuildFiles } from '../scoring/count_files/refresh_day.ts';
import { fleetOfRun } from '../scoring/fleet_of_run.ts';
import { type ScoredPartitions, scorePartitions } from '../scoring/score_partitions.ts';
import { type ScoredProcesses, scoreProcesses } from '../scoring/score_processes.ts';
import {
  beginRun,
  closeOldDays,
  expireHistory,
  type ScoreSettings,
  scoreMessages,
  scorePartition,
  scoreWindows,
} from '../scoring/score_windows.ts';
import { Suppressor } from '../scoring/suppressor.ts';
import { whatIf } from '../scoring/what_if.ts';
import { isInFuture, lastFullHour, notEnded, scoredHour, WindowError } from '../scoring/window_end.ts';
import { MessageError, parseMessage } from '../storage/messages.ts';
import type { Run } from '../storage/ports/runs.ts';
import type { UseCaseParts } from './parts.ts';

/** Scoring of windows: the run of the timer, its messages, a run by hand. */
export function scoringUseCases({ config, stores, clock, sinks, known }: UseCaseParts) {
  const { rule, technique, retentionDays, historyDays, detection } = config;
  const settings = { rule, technique, retentionDays, historyDays, detection };

  /** The full hour up to which the timer scores now. */
  const scoredHourNow = (): Timestamp => scoredHour(clock());
  // A container that cannot be listed does not stop the scoring of what was read; the sweep reports it as an error.
  const oldestUnread = () =>
    unread(stores, config, clock).then(
      (found) => found.oldestUnreadMs,
      () => null,
    );

  const settingsNow = async (): Promise<ScoreSettings> => ({
    ...settings,
    ...(await unlessRefused<Pick<ScoreSettings, 'knownOf' | 'knownFault'>>(
      async () => ({ knownOf: (await known.get()).knownOf }),
      ({ message }) => ({ knownFault: message }),
    )),
  });

  return {
    scoredHour: scoredHourNow,

    /** Queues every partition for the window that ends at the scored hour. */
    async scoreWindows() {
      const asOf = scoredHourNow();
      const oldestUnreadMs = await oldestUnread();
      const contextFault = await scoreWindows(stores, config.detection, asOf, oldestUnreadMs, clock);
      await closeOldDays(stores, asOf, config, clock);
      await expireHistory(stores, asOf, historyDays);
      return { asOf, oldestUnreadMs, contextFault };
    },

    /** Scores the partitions of a queue message, or the process view. Throws a MessageError. */
    async scorePartition(message: unknown): Promise<ScoredPartitions | ScoredProcesses> {
      const job = parseMessage('score', message);
      // Its rows in Runs would stay the newest ones until then, and the runs before would change no detection of it.
      if (isInFuture(job.asOf, clock())) throw new MessageError(`score: ${notEnded(job.asOf, clock())}`);
      const states = sinks.length > 0 ? await sinkStates(stores, sinks, job.asOf) : [];
      const scoreSettings = await settingsNow();
      if (job.processes) {
        const fleet = await fleetOfRun(stores, job.asOf, config.detection, scoreSettings.knownFault);
        const suppressor = await Suppressor.read(stores, timestampFromMs(clock()));
        return await scoreProcesses(stores, scoreSettings, states, job, fleet, suppressor);
      }
      return await scorePartitions(stores, scoreSettings, states, job, clock);
    },

    /**
     * Scores every partition in this process, one after the other. Queues the pending notifications of the sinks that the
     * functions know, and leaves the states of these sinks as they are, whatever sinks are set here. `isRebuild`: builds the count
     * files of all days with rows again. Throws a WindowError.
     */
    async runNow(asOf: Timestamp, onRun: (run: Run) => void = () => {}, isRebuild = false): Promise<Run[]> {
      // Earlier runs skip a row of a later run: a row of a future hour would be skipped until then.
      const now = clock();
      if (asOf > lastFullHour(now)) throw new WindowError(notEnded(asOf, now));
      // The settings of the functions alone say which sinks there are, not those of this shell.
      const states = await knownSinks(stores);
      const scoreSettings = await settingsNow();
      const runs: Run[] = [];
      await beginRun(stores, config.detection, asOf);
      const fleet = await fleetOfRun(stores, asOf, config.detection, scoreSettings.knownFault);
      const suppressor = await Suppressor.read(stores, timestampFromMs(now));
      const messages = await scoreMessages(stores, asOf, await oldestUnread());
      for (const { partitions, ...window } of messages) {
        for (const partition of partitions) {
          if (isRebuild) await rebuildFiles(stores, partition, Math.min(now, msOf(asOf)));
          const job = { ...window, partition };
          const run = await scorePartition(stores, scoreSettings, states, job, clock, fleet, suppressor);
          onRun(run);
          runs.push(run);
        }
      }
      const { newestReport = '' as const } = messages[0] ?? {};
      await scoreProcesses(stores, scoreSettings, states, { asOf, newestReport }, fleet, suppressor);
      await closeOldDays(stores, asOf, config, clock);
      return runs;
    },

    /** Compares the matches of another rule in a stored window with the active detections. Reads only. Throws a WindowError. */
    whatIf: (asked: Rule, asOf: Timestamp) => whatIf(stores, asked, asOf),
  };
}
