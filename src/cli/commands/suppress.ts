import { proposedSuppression } from '../../core/detections/proposed_suppression.ts';
import { CRITERIA, faultOf, type SuppressionCriteria } from '../../core/detections/suppression.ts';
import { DAY_MS } from '../../core/kql/timespan.ts';
import { addMs, type Timestamp, timestampFromMs } from '../../core/kql/timestamp.ts';
import { decimalOf } from '../../core/text/decimal.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { counted, groupedText } from '../../core/text/numbers.ts';
import { DEFAULT_SUPPRESSION_DAYS, type SuppressionView } from '../../detections/suppressions.ts';
import { CommandError, UsageError } from '../errors.ts';
import { timeOf } from '../instant.ts';
import { formatOf, type OutputFormat, tableOrJson } from '../output/format.ts';
import { csvLines, jsonLines } from '../output/lines.ts';
import { minute } from '../output/number_text.ts';
import { plainRows, type TextColumn, textTable } from '../output/text_table.ts';
import { type TableView, viewOf } from '../output/view.ts';
import { say, type Terminal } from '../terminal.ts';
import { confirm } from './confirm.ts';
import { connect } from './connect.ts';
import { idBeginningWith, noSuchDetection } from './detection_id.ts';
import { listText } from './detection_list.ts';
import { whoOf } from './who.ts';

export interface CriteriaOptions {
  readonly device?: string;
  readonly process?: string;
  readonly remote?: string;
  /** false: `--no-hash`. */
  readonly hash?: string | false;
  readonly source?: string;
  readonly detector?: string;
  readonly format: string;
}

export interface AddOptions extends CriteriaOptions {
  readonly from?: string;
  readonly yes: boolean;
  readonly reason: string;
  readonly owner?: string;
  readonly days?: string;
  readonly expires?: string;
  readonly force: boolean;
}

/**
 * `suppress add`: writes an entry, and prints how many detections of the last window it matches. With `--from` the detection
 * gives what the options do not, and the user confirms the entry.
 */
export async function addCommand(terminal: Terminal, options: AddOptions): Promise<void> {
  const format = formatOf(options.format);
  const { reason, force } = options;
  const owner = whoOf('--owner', options.owner, terminal.env);
  const expires = expiryOf(options);
  if (options.from === undefined && options.yes) throw new UsageError('--yes needs --from');
  const app = connect(terminal);
  const criteria = options.from === undefined ? criteriaOf(options) : await confirmed(terminal, app, options);
  const added = await app.addSuppression({ ...criteria, owner, reason, expires }, force);
  if (!added.ok) {
    throw new UsageError(
      `refused: ${escapeForDisplay(added.reason, 500)}${added.forcible ? '; --force adds it anyway' : ''}`,
    );
  }
  const { suppression } = added;
  const never = { expired: false, hits: { detections: 0, since: null, last: null } };
  terminal.stdout.write(entriesText([{ ...suppression, ...never }], format, await viewOf(terminal)));
  const { total } = await app.testSuppression(suppression);
  say(
    terminal,
    `It matches ${counted(total, 'detection')} of the last window. It acts from the next scoring run until ` +
      `${minute(expires)} UTC.`,
  );
}

/** The proposal for a detection, once the user has seen what it would suppress and agrees. */
async function confirmed(
  terminal: Terminal,
  app: ReturnType<typeof connect>,
  options: AddOptions,
): Promise<SuppressionCriteria> {
  const id = await idBeginningWith(app, options.from ?? '');
  const detection = await app.getDetection(id);
  if (detection === null) throw noSuchDetection(id);
  const criteria = { ...proposedSuppression(detection), ...givenCriteria(options) };
  const fault = faultOf(criteria) ?? wildcardFault(criteria, options);
  if (fault !== null) throw new UsageError(`no entry can be proposed for ${id}: ${fault}`);
  const { total, detections } = await app.testSuppression(criteria);
  say(terminal, `Entry: ${escapeForDisplay(criteriaText(criteria), 1000)}`);
  terminal.stderr.write(listText(detections.slice(0, SHOWN), 'table', await viewOf(terminal)));
  const more = total > SHOWN ? ` (the first ${SHOWN} are listed)` : '';
  const question = `It would have suppressed ${counted(total, 'detection')} of the last window${more}. Add it?`;
  if (options.yes) say(terminal, question.replace(' Add it?', ''));
  else if (!(await confirm(terminal, question)))
    throw new CommandError('nothing was added; --yes adds it without asking');
  return criteria;
}

/** Detections that a proposal lists. */
const SHOWN = 10;

/** The criteria that the options name; they take the place of those of the detection. */
function givenCriteria(options: CriteriaOptions): Partial<SuppressionCriteria> {
  const given = Object.entries(criteriaOf(options)).filter(([, value]) => value !== '');
  return { ...Object.fromEntries(given), ...(options.hash === false && { hash: '' }) };
}

/** A `*` in a name of the telemetry would be any text. */
function wildcardFault({ device, process }: SuppressionCriteria, options: CriteriaOptions): string | null {
  const isWild = (name: string, given: string | undefined) => given === undefined && name.includes('*');
  if (isWild(device, options.device)) return 'the name of the device has a *; give --device';
  return isWild(process, options.process) ? 'the name of the process has a *; give --process' : null;
}

/** `suppress list`: all entries, the next to expire first. */
export async function listSuppressionsCommand(terminal: Terminal, options: { readonly format: string }): Promise<void> {
  const format = formatOf(options.format);
  const entries = await connect(terminal).listSuppressions();
  terminal.stdout.write(
    entries.length === 0 && format === 'table'
      ? 'No suppressions.\n'
      : entriesText(entries, format, await viewOf(terminal)),
  );
}

/** `suppress remove`: deletes entries. Throws a CommandError if an id has no entry. */
export async function removeCommand(
  terminal: Terminal,
  ids: readonly string[],
  { format }: { readonly format: string },
): Promise<void> {
  const isJson = tableOrJson(format) === 'json';
  const app = connect(terminal);
  let missing = 0;
  for (const id of ids) {
    const removed = await app.removeSuppression(id);
    if (!removed) missing++;
    if (isJson) terminal.stdout.write(jsonLines([{ id, removed }]));
    else if (removed) terminal.stdout.write(`${escapeForDisplay(id)}: removed\n`);
    if (!removed) say(terminal, `${escapeForDisplay(id)}: there is no such suppression`);
  }
  if (missing > 0) throw new CommandError(`${missing} of ${counted(ids.length, 'suppression')} could not be removed`);
}

/** `suppress test`: the detections of the last window that an entry would match. */
export async function testCommand(terminal: Terminal, id: string | undefined, options: CriteriaOptions): Promise<void> {
  const format = formatOf(options.format);
  const hasCriteria = Object.values(criteriaOf(options)).some((value) => value !== '');
  if (id !== undefined && hasCriteria) throw new UsageError('give the id of an entry, or options; not both');
  const app = connect(terminal);
  const criteria = id === undefined ? criteriaOf(options) : await criteriaOfEntry(app, id);
  const fault = faultOf(criteria);
  if (fault !== null) throw new UsageError(fault);
  const { window, total, detections } = await app.testSuppression(criteria);
  terminal.stdout.write(listText(detections, format, await viewOf(terminal)));
  const span = window === null ? 'there are no detections' : `window up to ${minute(window.asOf)} UTC`;
  const some = detections.length < total ? `; the first ${groupedText(detections.length)} are listed` : '';
  say(terminal, `${counted(total, 'detection')} would be suppressed (${span})${some}`);
}

async function criteriaOfEntry(app: ReturnType<typeof connect>, id: string): Promise<SuppressionCriteria> {
  const found = (await app.listSuppressions()).find((each) => each.id === id);
  if (!found) throw new CommandError(`there is no suppression ${escapeForDisplay(id)}; suppress list prints all ids`);
  return found;
}

function criteriaOf({ hash, ...options }: CriteriaOptions): SuppressionCriteria {
  const { device = '', process = '', remote = '', source = '', detector = '' } = options;
  return { device, process, remote, hash: hash || '', source, detector };
}

function expiryOf({ days, expires }: AddOptions): Timestamp {
  if (days !== undefined && expires !== undefined) throw new UsageError('give --days or --expires, not both');
  if (expires !== undefined) return timeOf('--expires', expires);
  const number = days === undefined ? DEFAULT_SUPPRESSION_DAYS : decimalOf(days);
  if (number === null || number <= 0 || number >= 10_000)
    throw new UsageError(`--days must be a number above 0, got "${escapeForDisplay(days ?? '')}"`);
  return addMs(timestampFromMs(Date.now()), Math.round(number * DAY_MS));
}

const COLUMNS: readonly TextColumn[] = [
  { head: 'id' },
  { head: 'matches', widest: 80, narrowest: 20 },
  { head: 'owner', widest: 20, narrowest: 8, rank: 3 },
  { head: 'reason', widest: 40, narrowest: 16, rank: 2 },
  { head: 'expires (UTC)' },
  { head: 'hits', right: true, rank: 1 },
  { head: 'last hit (UTC)', rank: 4 },
];
const CSV_COLUMNS = [
  ...['id', ...CRITERIA, 'owner', 'reason', 'createdAt', 'expires', 'expired'],
  ...['detections', 'since', 'last'],
];

function entriesText(entries: readonly SuppressionView[], format: OutputFormat, view: TableView): string {
  switch (format) {
    case 'json':
      return jsonLines(entries);
    case 'csv':
      return csvLines(
        CSV_COLUMNS,
        entries.map(({ hits, ...entry }) => ({ ...entry, ...hits })),
      );
    case 'table':
      return textTable(
        COLUMNS,
        plainRows(
          entries.map((entry) => [
            entry.id,
            criteriaText(entry),
            entry.owner,
            entry.reason,
            `${minute(entry.expires)}${entry.expired ? ', expired' : ''}`,
            entry.hits.detections,
            entry.hits.last === null ? 'never' : minute(entry.hits.last),
          ]),
        ),
        view,
      );
  }
}

/** `process updater.exe, remote 203.0.113.0/24` */
function criteriaText(criteria: SuppressionCriteria): string {
  return CRITERIA.filter((name) => criteria[name] !== '')
    .map((name) => `${name} ${criteria[name]}`)
    .join(', ');
}
