import type { ListTableEntitiesOptions, TableEntityResult } from '@azure/data-tables';

type Row = TableEntityResult<Record<string, unknown>>;
type RawRow = Readonly<Record<string, unknown>>;

/**
 * Takes the rows of a listing out of the service's answers before the SDK makes its own rows of them: it maps every value
 * twice, which is most of a scan's CPU time. URL, sign-in, retries and errors stay the SDK's. For one listing, whose pages
 * are asked for one after the other.
 */
export class RawPages {
  #rows: readonly Row[] = [];

  /** What the listing needs beside its query. */
  readonly options: Pick<ListTableEntitiesOptions, 'requestOptions' | 'onResponse'> = {
    // An error is read by the SDK.
    requestOptions: { shouldDeserialize: ({ status }) => status !== 200 },
    onResponse: ({ status, headers }, answer) => {
      if (status !== 200) return;
      const page = answer as { value?: readonly RawRow[] };
      this.#rows = (page.value ?? []).map(rowOf);
      // The SDK goes on from here; it reads neither these headers nor the rows now.
      Object.assign(page, {
        value: [],
        xMsContinuationNextPartitionKey: headers.get('x-ms-continuation-nextpartitionkey'),
        xMsContinuationNextRowKey: headers.get('x-ms-continuation-nextrowkey'),
      });
    },
  };

  /** The rows of the last answer, once: a page that was worked off is not held while the next one comes. */
  take(): readonly Row[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }
}

/** The suffix of the property that says the type of another, where JSON does not. */
const TYPE = '@odata.type';

/** A row under the names of the SDK, and with its types: an Int64 is a bigint. */
function rowOf(raw: RawRow): Row {
  const row: Record<string, unknown> = {};
  let isTyped = false;
  for (const name in raw) {
    if (name === 'PartitionKey') row['partitionKey'] = raw[name];
    else if (name === 'RowKey') row['rowKey'] = raw[name];
    else if (name === 'odata.etag') row['etag'] = raw[name];
    else if (name.endsWith(TYPE)) isTyped = true;
    // The service's own time of the last change: nobody needs it.
    else if (name !== 'Timestamp') row[name] = raw[name];
  }
  if (isTyped) setTypes(row, raw);
  return row as Row;
}

function setTypes(row: Record<string, unknown>, raw: RawRow): void {
  for (const [name, type] of Object.entries(raw)) {
    const column = name.slice(0, -TYPE.length);
    if (name.endsWith(TYPE) && Object.hasOwn(row, column)) row[column] = typed(raw[column], type);
  }
}

function typed(value: unknown, type: unknown): unknown {
  switch (type) {
    case 'Edm.Int64':
      return BigInt(value as string);
    case 'Edm.String':
    case 'Edm.Boolean':
    case 'Edm.Int32':
    case 'Edm.Double':
      return value;
    default:
      // None of ours: neither text nor a number, so that a codec refuses it.
      return { value, type };
  }
}
