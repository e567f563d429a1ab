import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FunctionsHost, HostedFunction } from './functions_host.ts';
import { routeParams } from './route.ts';
import { httpInput } from './triggers.ts';

/** The host's default; host.json sets no other. */
const PREFIX = '/api/';

/**
 * Passes a request to the function with its route and method, and returns the answer; 404 without one. It needs no key,
 * whatever the function's level, as the Core Tools on a developer's machine.
 */
export async function answerBy(host: FunctionsHost, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
  const method = request.method ?? 'GET';
  const found = url.pathname.startsWith(PREFIX) ? find(host, method, url.pathname.slice(PREFIX.length)) : null;
  if (!found) {
    response.writeHead(404).end();
    return;
  }
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const query = Object.fromEntries(url.searchParams);
  const body = { bytes: await bytesOf(request) };
  const { result } = await host.invoke(
    found.hosted.name,
    httpInput({ method, url: url.href, headers, query, params: found.params, body }),
  );
  const answer = result?.http;
  response.writeHead(Number(answer?.statusCode ?? 204), { ...answer?.headers });
  response.end(answer?.body?.bytes ?? '');
}

async function bytesOf(request: IncomingMessage): Promise<Uint8Array> {
  return Buffer.concat((await Array.fromAsync(request)) as Buffer[]);
}

function find(host: FunctionsHost, method: string, path: string) {
  for (const hosted of host.functions) {
    const params = accepts(hosted, method) ? routeParams(String(hosted.trigger['route'] ?? hosted.name), path) : null;
    if (params) return { hosted, params };
  }
  return null;
}

function accepts({ trigger }: HostedFunction, method: string): boolean {
  const { methods } = trigger as { methods?: readonly string[] };
  return trigger.type === 'httpTrigger' && (methods?.includes(method) ?? true);
}
