import { headerOf, type MissingColumns } from './table_header.ts';

type Row = Readonly<Record<string, unknown>>;

/**
 * Members in which the answers of query APIs hold their rows, directly or in tables:
 *
 * - `records`: Event Hubs, and Azure's diagnostic logs.
 * - `Results`, `results`: advanced hunting of Defender and of Microsoft Graph, Invoke-AzOperationalInsightsQuery, Splunk.
 * - `value`: OData; a list that PowerShell 5 has converted.
 * - `tables`, `Tables`: Log Analytics, Azure Data Explorer version 1; each table has `rows` or `Rows` beside its columns.
 * - `hits`: Elasticsearch, within another `hits`.
 */
const LISTS = ['records', 'Results', 'results', 'value', 'tables', 'Tables', 'hits', 'rows', 'Rows'] as const;
export type ListMember = (typeof LISTS)[number];

/** The name of such a member at the end of a text, before its value. */
const MEMBER_END = new RegExp(`(?<!\\\\)"(${LISTS.join('|')})"\\s*:\\s*$`);
/** As long as the longest of them with some white space. */
export const MEMBER_BYTES = 64;

export function listMemberAt(textBefore: string): ListMember | null {
  return (MEMBER_END.exec(textBefore)?.[1] as ListMember | undefined) ?? null;
}

/** Whether a text has such a member with a list, or with an object that has one. */
export function holdsListMember(text: string): boolean {
  return ANYWHERE.test(text);
}

const ANYWHERE = new RegExp(`(?<!\\\\)"(?:${LISTS.join('|')})"\\s*:\\s*(?:\\[\\s*[\\[{]|\\{\\s*"|\\[?\\s*$)`);

/** The columns of a table whose rows are lists of cells. */
export interface TableColumns {
  readonly names: readonly string[];
  readonly missing: MissingColumns | null;
}

/**
 * The columns beside the rows: a list of names, or of objects with the name (`name`: Log Analytics, `ColumnName`: Azure Data
 * Explorer). null if there are none, or if the table is not one of results: Azure Data Explorer adds tables about the query.
 */
export function columnsOf(table: Row): TableColumns | null {
  const { TableKind } = table;
  if (typeof TableKind === 'string' && TableKind !== 'PrimaryResult') return null;
  const list = table['columns'] ?? table['Columns'] ?? table['columnDescriptors'];
  if (!Array.isArray(list) || list.length === 0) return null;
  const names = list.map(nameOf);
  if (!names.every((name) => name !== null)) return null;
  const header = headerOf(names);
  return { names: header?.columns ?? names, missing: header?.missing ?? null };
}

function nameOf(column: unknown): string | null {
  const name = isRow(column) ? (column['name'] ?? column['Name'] ?? column['ColumnName']) : column;
  return typeof name === 'string' ? name : null;
}

/** The record of a row; null if it has another number of cells. */
export function recordOf({ names }: TableColumns, cells: readonly unknown[]): Row | null {
  if (cells.length !== names.length) return null;
  return Object.fromEntries(names.map((name, index) => [name, cells[index]]));
}

/**
 * Whether an answer, or a part of it, says that rows are missing: `error` beside the tables (Log Analytics), `Exceptions`
 * (Azure Data Explorer, version 1), `OneApiErrors` among the rows or in a last frame with errors (version 2).
 */
export function isPartial(answer: Row): boolean {
  const { error, Exceptions, OneApiErrors } = answer;
  const isAnswer = LISTS.some((name) => Array.isArray(answer[name]));
  if (isAnswer && (isRow(error) || isFilled(Exceptions))) return true;
  return isFilled(OneApiErrors) || (answer['FrameType'] === 'DataSetCompletion' && answer['HasErrors'] === true);
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

/** Whether the text before a value names the member that says it. */
export function isErrorMemberAt(textBefore: string): boolean {
  return /(?<!\\)"(?:error|Exceptions)"\s*:\s*$/.test(textBefore);
}

/** The rows of a table as records; null if the record is no table, or if a row does not fit. */
export function rowsOf(table: Row): readonly Row[] | null {
  const rows = table['rows'] ?? table['Rows'];
  if (!Array.isArray(rows) || rows.length === 0) return null;
  const columns = columnsOf(table);
  if (columns === null) return null;
  const records = rows.map((row) => (Array.isArray(row) ? recordOf(columns, row) : null));
  return records.every((record) => record !== null) ? records : null;
}

/**
 * A list of the frames of Azure Data Explorer version 2 as a list of tables with columns and rows: the columns of a
 * progressive answer stand in a frame of their own. Another list is returned as it is.
 */
export function withoutFrames(list: readonly unknown[]): readonly unknown[] {
  if (!list.some(isFrame)) return list;
  const columns = new FrameColumns();
  return list.flatMap((each) => {
    if (!isFrame(each)) return [each];
    columns.note(each);
    const table = isPartial(each) ? each : columns.tableOf(each);
    return table === null ? [] : [table];
  });
}

export function isFrame(value: unknown): value is Row {
  return isRow(value) && typeof value['FrameType'] === 'string';
}

/** An answer has few tables. */
const MAX_TABLES = 64;

/** The columns of the frames `TableHeader`, by table. */
export class FrameColumns {
  readonly #byTable = new Map<unknown, Row>();

  note(frame: Row): void {
    if (frame['FrameType'] !== 'TableHeader' || this.#byTable.size >= MAX_TABLES) return;
    const { TableKind, Columns } = frame;
    this.#byTable.set(frame['TableId'], { TableKind, Columns });
  }

  /** The frame with its columns; null if it holds no results. */
  tableOf(frame: Row): Row | null {
    if (frame['FrameType'] === 'DataTable') return columnsOf(frame) === null ? null : frame;
    const header = frame['FrameType'] === 'TableFragment' ? this.#byTable.get(frame['TableId']) : undefined;
    const table = header && { ...header, ...frame };
    return table === undefined || columnsOf(table) === null ? null : table;
  }
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
