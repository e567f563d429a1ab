import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { currentFunction } from './functions_host.ts';

type Service = 'blob' | 'queue' | 'table';

/** Requests of one operation, by sender: the functions, and the local host around them. */
export interface Requests {
  readonly operation: string;
  readonly functions: number;
  readonly host: number;
  /** The requests of the functions, by function. */
  readonly byFunction: Readonly<Record<string, number>>;
}

/** Counts the requests of this process to a storage account, every try, by service and operation. */
export class RequestCounter {
  readonly #services: ReadonlyMap<string, Service>;
  readonly #counts = new Map<string, Count>();
  readonly #onStart = (message: unknown): void => this.#count((message as { request: ClientRequest }).request);

  constructor(connectionString: string) {
    this.#services = servicesOf(connectionString);
    subscribe(CHANNEL, this.#onStart);
  }

  /** In order of operation. */
  get requests(): readonly Requests[] {
    const counts = [...this.#counts].map(([operation, count]) => ({ operation, ...count }));
    return counts.sort((a, b) => (a.operation < b.operation ? -1 : 1));
  }

  stop(): void {
    unsubscribe(CHANNEL, this.#onStart);
  }

  #count(request: ClientRequest): void {
    const service = this.#services.get(String(request.getHeader('host')));
    if (service === undefined) return;
    const operation = operationOf(service, request.method, request.path);
    const count = this.#counts.get(operation) ?? { functions: 0, host: 0, byFunction: {} };
    this.#counts.set(operation, count);
    const sender = currentFunction();
    if (sender === undefined) {
      count.host++;
      return;
    }
    count.functions++;
    count.byFunction[sender] = (count.byFunction[sender] ?? 0) + 1;
  }
}

interface Count {
  functions: number;
  host: number;
  readonly byFunction: Record<string, number>;
}

const CHANNEL = 'http.client.request.start';

/** The service at each `host:port`. */
function servicesOf(connectionString: string): Map<string, Service> {
  const services = new Map<string, Service>();
  for (const [, service = '', url = ''] of connectionString.matchAll(/(Blob|Queue|Table)Endpoint=([^;]+)/g)) {
    services.set(new URL(url).host, service.toLowerCase() as Service);
  }
  return services;
}

/** The operation of a request, by its method and its path with the query: `table gets`. */
export function operationOf(service: Service, method: string, path: string): string {
  return `${service} ${OPERATIONS[service](method, path)}`;
}

const OPERATIONS: Readonly<Record<Service, (method: string, path: string) => string>> = {
  blob(method, path) {
    if (method === 'GET') return path.includes('comp=list') ? 'listings' : 'reads';
    if (method === 'PUT' && path.includes('comp=appendblock')) return 'appends';
    return { HEAD: 'properties', PUT: 'writes', DELETE: 'deletes' }[method] ?? method;
  },
  queue(method, path) {
    if (!path.includes('/messages')) return method === 'PUT' ? 'creations' : 'properties';
    return { GET: 'receives', POST: 'sends', PUT: 'updates', DELETE: 'deletes' }[method] ?? method;
  },
  table(method, path) {
    if (path.includes('/$batch')) return 'transactions';
    if (/\/Tables\b/.test(path)) return { GET: 'listings', POST: 'creations' }[method] ?? 'removals';
    if (method === 'GET') return /\((?:PartitionKey|%50)/.test(path) ? 'gets' : 'queries';
    return { POST: 'inserts', PUT: 'updates', PATCH: 'updates', MERGE: 'updates', DELETE: 'deletes' }[method] ?? method;
  },
};
