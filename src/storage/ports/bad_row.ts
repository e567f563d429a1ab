import { escapeForDisplay } from '../../core/text/escape.ts';

/** A stored row that cannot be read: another program wrote it, or a column is missing or of another type. */
export interface BadRow {
  readonly table: string;
  /** Both keys are escaped and cut: another program chose them. */
  readonly partitionKey: string;
  readonly rowKey: string;
  /** The column and what it must be; never its value. */
  readonly fault: string;
}

const MAX_KEY_LENGTH = 120;
const MAX_FAULT_LENGTH = 200;

export function badRow(table: string, partitionKey: string, rowKey: string, fault: string): BadRow {
  return {
    table,
    partitionKey: escapeForDisplay(partitionKey, MAX_KEY_LENGTH),
    rowKey: escapeForDisplay(rowKey, MAX_KEY_LENGTH),
    fault: escapeForDisplay(fault, MAX_FAULT_LENGTH),
  };
}

/** `Exports: the row with PartitionKey "exports" and RowKey "3f9c…" cannot be read: Applied must be a whole number` */
export function badRowText({ table, partitionKey, rowKey, fault }: BadRow): string {
  return `${table}: the row with PartitionKey "${partitionKey}" and RowKey "${rowKey}" cannot be read: ${fault}`;
}

/** A row that a caller asked for by its key cannot be read. A list skips such a row. */
export class BadRowError extends Error {
  override readonly name = 'BadRowError';
  readonly row: BadRow;

  constructor(row: BadRow) {
    super(badRowText(row));
    this.row = row;
  }
}
