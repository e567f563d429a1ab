import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a blob is made of: its length, and the bytes of a range of it in pieces. */
export interface StubBlob {
  readonly length: number;
  /** A date of HTTP; the same for as long as the blob is. */
  readonly lastModified: string;
  pieces(start: number, end: number): Iterable<Uint8Array>;
}

export interface StorageStub {
  readonly connectionString: string;
  /** What it was asked so far: requests, and rows of transactions. */
  readonly asked: { readonly requests: number; readonly rows: number };
  stop(): void;
}

/**
 * As much of Blob and Table Storage as ingest asks for, in this process: reads of blobs that `blobOf` makes up, tables whose
 * rows are kept under their ETag (`Exports`), and transactions that are taken and forgotten. The emulator's own cost grows
 * with its tables and would be what is measured.
 */
export async function startStorageStub(blobOf: (name: string) => StubBlob): Promise<StorageStub> {
  const rows = new Map<string, { body: string; version: number }>();
  const asked = { requests: 0, rows: 0 };
  const server = createServer((request, response) => {
    asked.requests++;
    const path = decodeURIComponent((request.url ?? '').split('?')[0] ?? '');
    if (path.startsWith('/blobs/')) serveBlob(blobOf(path.split('/').slice(3).join('/')), request, response);
    else {
      void textOf(request).then((body) => {
        asked.rows += path.endsWith('$batch') ? operationsIn(body) : 0;
        serveTable(rows, path, body, request, response);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const endpoint = (service: string, account: string) => `${service}Endpoint=http://127.0.0.1:${port}/${account}`;
  const endpoints = [endpoint('Blob', 'blobs'), endpoint('Queue', 'queues'), endpoint('Table', 'tables')];
  return {
    connectionString: ['DefaultEndpointsProtocol=http;AccountName=stub;AccountKey=c3R1Yg==', ...endpoints].join(';'),
    asked,
    stop: () => server.close(),
  };
}

function serveBlob(blob: StubBlob, request: IncomingMessage, response: ServerResponse): void {
  const headers = {
    'x-ms-version': '2025-01-05',
    'x-ms-blob-type': 'AppendBlob',
    'x-ms-creation-time': blob.lastModified,
    'last-modified': blob.lastModified,
    etag: '"0x1"',
  };
  if (request.method === 'HEAD') {
    response.writeHead(200, { ...headers, 'content-length': blob.length }).end();
    return;
  }
  const [, first = '0', last = ''] = /bytes=(\d+)-(\d*)/.exec(String(request.headers['x-ms-range'] ?? '')) ?? [];
  const start = Number(first);
  const end = Math.min(last === '' ? blob.length : Number(last) + 1, blob.length);
  const range = { 'content-length': end - start, 'content-range': `bytes ${start}-${end - 1}/${blob.length}` };
  response.writeHead(206, { ...headers, ...range });
  const pieces = blob.pieces(start, end)[Symbol.iterator]();
  const write = (): void => {
    for (let piece = pieces.next(); !piece.done; piece = pieces.next()) {
      if (response.write(piece.value)) continue;
      response.once('drain', write);
      return;
    }
    response.end();
  };
  write();
}

function serveTable(
  rows: Map<string, { body: string; version: number }>,
  path: string,
  body: string,
  { method, headers }: IncomingMessage,
  response: ServerResponse,
): void {
  const answer = (status: number, version = 1, text = '') =>
    response
      .writeHead(status, { etag: `W/"${version}"`, 'content-type': 'application/json;odata=minimalmetadata' })
      .end(text);
  if (path.endsWith('$batch')) return void transaction(body, response);
  if (path.endsWith('/Tables')) return void answer(204);
  const keyOf = (partitionKey: string, rowKey: string) => `${partitionKey}|${rowKey}`;
  if (method === 'POST') {
    const { PartitionKey, RowKey } = JSON.parse(body) as { PartitionKey: string; RowKey: string };
    rows.set(keyOf(PartitionKey, RowKey), { body, version: 1 });
    return void answer(204);
  }
  const [, partitionKey = '', rowKey = ''] = /PartitionKey='(.*)',RowKey='(.*)'/.exec(path) ?? [];
  const found = rows.get(keyOf(partitionKey, rowKey));
  if (!found) return void answer(404, 1, '{"odata.error":{"code":"ResourceNotFound","message":{"value":""}}}');
  if (method === 'GET') {
    const row = { 'odata.etag': `W/"${found.version}"`, ...(JSON.parse(found.body) as object) };
    return void answer(200, found.version, JSON.stringify(row));
  }
  if (headers['if-match'] !== `W/"${found.version}"`) return void answer(412);
  rows.set(keyOf(partitionKey, rowKey), { body, version: found.version + 1 });
  return void answer(204, found.version + 1);
}

/** Every operation of it done: one answer for each. */
function transaction(body: string, response: ServerResponse): void {
  const parts = PART.repeat(operationsIn(body));
  const text = `--batchresponse_b\r\nContent-Type: multipart/mixed; boundary=changesetresponse_c\r\n\r\n${parts}--changesetresponse_c--\r\n--batchresponse_b--\r\n`;
  response.writeHead(202, { 'content-type': 'multipart/mixed; boundary=batchresponse_b' }).end(text);
}

function operationsIn(body: string): number {
  return body.split('application/http').length - 1;
}

const PART = [
  '--changesetresponse_c',
  'Content-Type: application/http',
  'Content-Transfer-Encoding: binary',
  '',
  'HTTP/1.1 204 No Content',
  'ETag: W/"1"',
  '',
  '',
  '',
].join('\r\n');

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) text += piece as string;
  return text;
}
