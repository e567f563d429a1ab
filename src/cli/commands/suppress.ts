import { faultOf, type SuppressionCriteria } from '../../core/detections/suppression.ts';
import { addMs, type Timestamp, timestampFromMs } from '../../core/kql/timestamp.ts';
import { escapeForDisplay } from '../../core/text/escape.ts';
import { DEFAULT_SUPPRESSION_DAYS, type SuppressionView } from '../../detections/suppressions.ts';
import { CommandError, UsageError } from '../errors.ts';
import { instantOf } from '../instant.ts';
import { formatOf, tableOrJson } from '../output/format.ts';
import { csvLines, jsonLines, type TextColumn, textTable } from '../output/lines.ts';
import { connect } from './connect.ts';
import { listText } from './detection_list.ts';
import { minute } from './number_text.ts';
import { whoOf } from './who.ts';

export interface CriteriaOptions {
  readonly device?: string;
  readonly process?: string;
  readonly remote?: string;
  readonly source?: string;
  readonly detector?: string;
  readonly format: string;
}

export interface AddOptions extends CriteriaOptions {
  readonly reason: string;
  readonly owner?: string;
  readonly days?: string;
  readonly expires?: string;
  readonly force: boolean;
}

const DAY_MS = 86_400_000;

/** `suppress add`: writes an entry, and says what it will hide. */
export async function addCommand(options: AddOptions): Promise<void> {
  const format = formatOf(options.format);
  const { reason, force } = options;
  const owner = whoOf('--owner', options.owner);
  const expires = expiryOf(options);
  const app = connect();
  const added = await app.addSuppression({ ...criteriaOf(options), owner, reason, expires }, force);
  if (!added.ok) {
    throw new UsageError(
      `refused: ${escapeForDisplay(added.reason, 500)}${added.forcible ? ' (--force adds it all the same)' : ''}`,
    );
  }
  const { suppression } = added;
  const never = { expired: false, hits: { detections: 0, since: null, last: null } };
  process.stdout.write(entriesText([{ ...suppression, ...never }], format));
  const { total } = await app.testSuppression(suppression);
  process.stderr.write(
    `It fits ${amount(total)} of the last window, and hides from the next scoring run on, until ${minute(expires)} UTC.\n`,
  );
}

/** `suppress list`: all entries, the one that expires first at the front. */
export async function listSuppressionsCommand(options: { readonly format: string }): Promise<void> {
  const format = formatOf(options.format);
  const entries = await connect().listSuppressions();
  process.stdout.write(
    entries.length === 0 && format === 'table' ? 'No suppressions.\n' : entriesText(entries, format),
  );
}

/** `suppress remove`. */
export async function removeCommand(ids: readonly string[], { format }: { readonly format: string }): Promise<void> {
  const isJson = tableOrJson(format) === 'json';
  const app = connect();
  let missing = 0;
  for (const id of ids) {
    const removed = await app.removeSuppression(id);
    if (!removed) missing++;
    if (isJson) process.stdout.write(jsonLines([{ id, removed }]));
    else if (removed) process.stdout.write(`${escapeForDisplay(id)}: removed\n`);
    process.stderr.write(removed ? '' : `${escapeForDisplay(id)}: there is no such suppression\n`);
  }
  if (missing > 0) throw new CommandError('not every suppression could be removed');
}

/** `suppress test`: what an entry would have hidden in the last window. */
export async function testCommand(id: string | undefined, options: CriteriaOptions): Promise<void> {
  const format = formatOf(options.format);
  const named = Object.values(criteriaOf(options)).some((value) => value !== '');
  if (id !== undefined && named) throw new UsageError('either the id of an entry or options, not both');
  const app = connect();
  const criteria = id === undefined ? criteriaOf(options) : await criteriaOfEntry(app, id);
  const fault = faultOf(criteria);
  if (fault !== null) throw new UsageError(fault);
  const { window, total, detections } = await app.testSuppression(criteria);
  process.stdout.write(listText(detections, format));
  const span = window === null ? 'there are no detections' : `in the window that ends at ${window.asOf.slice(0, 16)}Z`;
  process.stderr.write(`${amount(total)} would have been hidden: ${span}\n`);
  if (detections.length < total) process.stderr.write(`the first ${detections.length} of them are shown\n`);
}

async function criteriaOfEntry(app: ReturnType<typeof connect>, id: string): Promise<SuppressionCriteria> {
  const found = (await app.listSuppressions()).find((each) => each.id === id);
  if (!found) throw new CommandError(`there is no suppression ${escapeForDisplay(id)}`);
  return found;
}

function criteriaOf({ device = '', process = '', remote = '', source = '', detector = '' }: CriteriaOptions) {
  return { device, process, remote, source, detector };
}

function expiryOf({ days, expires }: AddOptions): Timestamp {
  if (days !== undefined && expires !== undefined) throw new UsageError('either --days or --expires, not both');
  if (expires !== undefined) return instantOf('--expires', expires);
  const number = days === undefined ? DEFAULT_SUPPRESSION_DAYS : Number(days);
  if (!(number > 0 && number < 10_000))
    throw new UsageError(`--days must be a number above 0, got "${escapeForDisplay(days ?? '')}"`);
  return addMs(timestampFromMs(Date.now()), Math.round(number * DAY_MS));
}

const COLUMNS: readonly TextColumn[] = [
  { head: 'id' },
  { head: 'hides', widest: 80 },
  { head: 'owner', widest: 20 },
  { head: 'reason', widest: 40 },
  { head: 'expires (UTC)' },
  { head: 'hid', right: true },
  { head: 'last (UTC)' },
];
const CSV_COLUMNS = [
  ...['id', 'device', 'process', 'remote', 'source', 'detector', 'owner', 'reason', 'createdAt', 'expires', 'expired'],
  ...['detections', 'since', 'last'],
];

function entriesText(entries: readonly SuppressionView[], format: ReturnType<typeof formatOf>): string {
  switch (format) {
    case 'json':
      return jsonLines(entries);
    case 'csv':
      return csvLines(
        CSV_COLUMNS,
        entries.map(({ hits: hid, ...entry }) => ({ ...entry, ...hid })),
      );
    case 'table':
      return textTable(
        COLUMNS,
        entries.map((entry) => [
          entry.id,
          criteriaText(entry),
          entry.owner,
          entry.reason,
          `${minute(entry.expires)}${entry.expired ? ', expired' : ''}`,
          entry.hits.detections,
          entry.hits.last === null ? 'never' : minute(entry.hits.last),
        ]),
      );
  }
}

/** `process updater.exe, remote 203.0.113.0/24` */
function criteriaText({ device, process, remote, source, detector }: SuppressionCriteria): string {
  return Object.entries({ device, process, remote, source, detector })
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

function amount(detections: number): string {
  return detections === 1 ? '1 detection' : `${detections} detections`;
}
