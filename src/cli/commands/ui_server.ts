import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GUARDED, type HttpAnswer } from '../../http/answers.ts';
import type { PagesApp } from '../../http/page_answers.ts';
import { pagesResponse } from '../../http/pages.ts';
import { isSameSecret } from '../../http/same_origin.ts';
import type { Reader } from '../../web/site_page.ts';
import { CommandError } from '../errors.ts';

export interface UiServer {
  /** With the token: who knows it sees the pages. */
  readonly url: string;
  stop(): Promise<void>;
}

export interface UiOptions {
  /** 0 for any free port. */
  readonly port: number;
  /** Stands with what is written. */
  readonly name: string;
  readonly mayWrite: boolean;
  /** Receives an error that is a bug of ours. */
  readonly onError: (error: unknown) => void;
}

/**
 * Serves the pages to a browser of this machine. The address holds a random token. It stands in the path and not in a
 * cookie, because a browser sends the cookies of 127.0.0.1 to every port, and so to every other server of this machine.
 * Throws a CommandError if the port is taken.
 */
export async function startUi(app: PagesApp, { port, name, mayWrite, onError }: UiOptions): Promise<UiServer> {
  const token = randomBytes(16).toString('hex');
  const reader = { name, formToken: mayWrite ? randomBytes(16).toString('hex') : null };
  const server = createServer((request, response) => {
    answerTo(app, request, token, reader)
      .catch((error: unknown): HttpAnswer => {
        onError(error);
        return refusal(500, 'internal error: the terminal of `beaconwatch ui` says more');
      })
      .then((answer) => send(answer, request, response), onError);
  });
  await listening(server, port);
  const { port: used } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${used}/${token}/`, stop: () => stopped(server) };
}

async function answerTo(app: PagesApp, request: IncomingMessage, token: string, reader: Reader): Promise<HttpAnswer> {
  const { method = 'GET', headers } = request;
  // A site of an attacker can let its own name lead to 127.0.0.1 (DNS rebinding), and then read what answers there.
  const port = request.socket.localPort;
  if (headers.host !== `127.0.0.1:${port}` && headers.host !== `localhost:${port}`)
    return refusal(403, `open the pages at http://127.0.0.1:${port}/`);
  const url = URL.parse(request.url ?? '', 'http://127.0.0.1');
  const [, given = '', view, id, ...more] = (url?.pathname ?? '').split('/');
  if (url === null || !isSameSecret(given, token))
    return refusal(403, 'the address lacks the token: open the one that `beaconwatch ui` printed');
  if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') return refusal(405, 'GET, HEAD and POST are allowed');
  if (more.length > 0) return refusal(404, 'there is no such page');
  return await pagesResponse(
    app,
    {
      method,
      path: url.pathname,
      params: { ...named('view', view), ...named('id', id) },
      query: url.searchParams,
      headers: { get: (name) => headerOf(request, name) },
      body: method === 'POST' ? request : null,
    },
    reader,
  );
}

function named(name: string, value: string | undefined): Record<string, string> {
  return value === undefined || value === '' ? {} : { [name]: value };
}

function headerOf({ headers }: IncomingMessage, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' ? value : null;
}

function refusal(status: number, text: string): HttpAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...GUARDED }, body: `${text}\n` };
}

function send({ status, headers, body }: HttpAnswer, request: IncomingMessage, response: ServerResponse): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, { ...headers, 'content-length': bytes.length });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

async function listening(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new CommandError(`port ${port} is taken: name another one with --port, or none for any free port`);
    if (code === 'EACCES') throw new CommandError(`port ${port} is not allowed for this user: name one above 1023`);
    throw error;
  }
}

async function stopped(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
