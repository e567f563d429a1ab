import { writeFile } from 'node:fs/promises';
import type { Traffic } from '../core/detections/detection.ts';
import type { OwnerOf } from '../core/detections/owner.ts';
import { trafficLists } from '../core/detections/traffic.ts';
import type { Rule } from '../core/scoring/rule.ts';
import type { Window } from '../core/scoring/window.ts';
import { escapeForDisplay } from '../core/text/escape.ts';
import { counted, groupedText } from '../core/text/numbers.ts';
import type { OfflineDetections } from '../scoring/offline_detection.ts';
import { OfflineTraffic } from '../scoring/offline_traffic.ts';
import type { Counters } from '../storage/ports/export_states.ts';
import type { PageDetection, PageStatus } from '../web/page_data.ts';
import { reportHtml } from '../web/report.ts';
import { COMMAND_NAME } from './command_name.ts';
import { CommandError } from './errors.ts';
import { reportPage } from './output/report_page.ts';
import { type FilesAgain, readFacts } from './read_facts.ts';
import type { Terminal } from './terminal.ts';

/** What was read, and what of it was not. */
export interface ReadingFacts {
  readonly files: number;
  readonly counters: Pick<Counters, 'reports' | 'deadLetters' | 'unknownShapes'>;
  /** One for each file that was not read as it should be. */
  readonly problems: readonly string[];
  readonly skipped: readonly string[];
  /** How many of each reason, as a sentence; '' without any. */
  readonly deadLetters: string;
}

export interface ReportTask {
  /** The 72 hours of the pictures. */
  readonly window: Window;
  readonly rule: Rule;
  readonly paths: readonly string[];
  readonly facts: ReadingFacts;
  /** What is read once more, for who ran the programs. */
  readonly again: FilesAgain;
  /** null where no database is given. */
  readonly ownerOf: OwnerOf | null;
}

/** Of how many detections the facts are read: as many as a report has in its list in the usual case. */
const MOST_WITH_FACTS = 500;

/** Writes what `score` found as one HTML file. Throws a CommandError if it cannot be written. */
export async function writeReport(
  terminal: Terminal,
  file: string,
  found: OfflineDetections,
  task: ReportTask,
): Promise<void> {
  const { window, rule, paths, facts, ownerOf } = task;
  const ordered = reportPage(found, window, statusOf(facts), ownerOf);
  const urgent = new Set(ordered.detections.slice(0, MOST_WITH_FACTS).map(({ id }) => id));
  const wanted = found.detections.filter(({ groupId }) => urgent.has(groupId));
  const traffic = new OfflineTraffic(wanted, window, task.again.formats);
  const notes = [...ordered.status.notes, ...(await readFacts(terminal, traffic, task.again))];
  const detections = ordered.detections.map((each) => withTraffic(each, traffic.of(each.id)));
  const page = reportHtml(
    { ...ordered, status: { ...ordered.status, notes }, detections },
    {
      limits: { minAverage: rule.minAverage, minScore: found.fleet.settings.thresholds.match },
      command: jsonCommand(paths, window),
    },
  );
  try {
    await writeFile(file, page);
  } catch (error) {
    const { code = 'error' } = error as NodeJS.ErrnoException;
    throw new CommandError(`the report was not written to ${escapeForDisplay(file)}: ${code}`);
  }
}

function withTraffic(detection: PageDetection, traffic: Traffic | null): PageDetection {
  return { ...detection, traffic: traffic && shortTraffic(traffic), account: traffic?.accounts[0] ?? '' };
}

/** Facts of a detection in a file: a command line can have 512 characters, and the file has 200 of each. */
const MOST_CHARACTERS = 200;
const MOST_VALUES = 2;

function shortTraffic(traffic: Traffic): Traffic {
  const cut = (text: string) =>
    text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS).toWellFormed()}…` : text;
  return { ...traffic, ...trafficLists((name) => traffic[name].slice(0, MOST_VALUES).map(cut)) };
}

function statusOf({ files, counters, problems, skipped, deadLetters }: ReadingFacts): PageStatus {
  const { reports, unknownShapes } = counters;
  const unread = unknownShapes === 0 ? [] : [`${groupedText(unknownShapes)} records of an unknown shape`];
  return {
    isHealthy: problems.length === 0,
    title: problems.length === 0 ? 'All files were read' : counted(problems.length, 'problem'),
    parts: [
      counted(files, 'file'),
      counted(reports, 'report'),
      counted(counters.deadLetters, 'dead letter'),
      ...unread,
    ],
    notes: [...problems, ...(deadLetters === '' ? [] : [deadLetters]), ...skipped.map((path) => `skipped: ${path}`)],
  };
}

/** The command that prints the same detections as JSON. Paths that are not safe in a shell are left to the reader. */
function jsonCommand(paths: readonly string[], { asOf }: Window): string {
  const files = paths.every((path) => /^[\w./-]+$/.test(path)) ? paths.join(' ') : 'FILES';
  return `${COMMAND_NAME} score ${files} --now ${asOf.slice(0, 19)}Z --detector all --format json`;
}
