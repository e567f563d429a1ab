import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { CommandError } from '../../src/cli/errors.ts';
import { type Azurite, startAzurite } from './azurite.ts';
import { BlobListener } from './blob_listener.ts';
import { Closers } from './closers.ts';
import type { Binding } from './core_module.ts';
import { setEnvironment } from './environment.ts';
import { FunctionsHost, type HostedFunction, type Invocation } from './functions_host.ts';
import { hostSettings } from './host_settings.ts';
import { answerBy } from './http_listener.ts';
import { type LocalServer, serve } from './http_server.ts';
import { type Listener, loop } from './loop.ts';
import { QueueListener } from './queue_listener.ts';
import { CHAT_PATH, type Receiver, startReceiver } from './receiver.ts';
import { RequestCounter } from './request_counter.ts';
import { Tally } from './tally.ts';
import { blobInput, queueInput, timerInput } from './triggers.ts';

export interface SystemOptions {
  /** Containers of the exports; the blob trigger watches the first. */
  readonly containers: readonly string[];
  /** The bundle of the functions. */
  readonly bundle: URL;
  /** Settings that extend or replace those of a local run. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly onNotification?: (id: string) => void;
  readonly onInvocation?: (invocation: Invocation) => void;
  readonly onProgress: (line: string) => void;
  /** Ends every wait. */
  readonly signal: AbortSignal;
  /** A background task has failed; the system does not continue. */
  readonly onFailure: (error: unknown) => void;
}

/** Pause between two checks of a wait. */
const CHECK_EVERY_MS = 100;
/** Limit of a wait without the end of an invocation; longer than one invocation may take. */
const STALLED_MS = 5 * 60_000;
/** Time for running invocations to end when the system stops. */
const STOP_WITHIN_MS = 5_000;

/** The whole system on this machine: storage, functions and their triggers, and a receiver of webhooks. */
export class LocalSystem {
  readonly tally = new Tally();
  readonly #options: SystemOptions;
  readonly #closers = new Closers();
  readonly #host: FunctionsHost;
  readonly #queues = new Map<string, QueueListener>();
  readonly #blobs: BlobListener[] = [];
  #azurite: Azurite | undefined;
  #receiver: Receiver | undefined;
  #http: LocalServer | undefined;
  #counter: RequestCounter | undefined;

  private constructor(options: SystemOptions) {
    this.#options = options;
    this.#host = new FunctionsHost((invocation) => {
      this.tally.add(invocation);
      options.onInvocation?.(invocation);
    });
  }

  /** Starts the system. If that fails, everything is stopped again. */
  static async start(options: SystemOptions): Promise<LocalSystem> {
    const system = new LocalSystem(options);
    try {
      await system.#start();
      return system;
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  get connectionString(): string {
    return started(this.#azurite).connectionString();
  }

  get azuritePid(): number {
    return started(this.#azurite).pid;
  }

  /** Base of the HTTP functions; their routes are under `/api/`. */
  get httpUrl(): string {
    return started(this.#http).url;
  }

  get received(): Receiver['received'] {
    return started(this.#receiver).received;
  }

  get requests(): RequestCounter['requests'] {
    return started(this.#counter).requests;
  }

  /** One sentence per message in a poison queue, and per blob whose function failed too often. */
  get poisoned(): readonly string[] {
    return [
      ...[...this.#queues.values()]
        .flatMap(({ poisoned }) => poisoned)
        .map(({ queue, reason }) => `a message of the queue ${queue} went to ${queue}-poison: ${reason}`),
      ...this.#blobs
        .flatMap(({ poisoned }) => poisoned)
        .map(({ name, reason }) => `the blob trigger gave up on ${name}: ${reason}`),
    ];
  }

  /** Fires a timer now. Returns the function's last log line, parsed. */
  async fire(timer: string): Promise<Record<string, unknown>> {
    const { logs } = await this.#host.invoke(timer, timerInput());
    return JSON.parse(logs.at(-1) ?? '{}') as Record<string, unknown>;
  }

  /** Runs `step` repeatedly in the background until it or the system is stopped. */
  beside(step: () => Promise<number>): Listener {
    const listener = loop(step, this.#options.onFailure);
    this.#closers.add(() => listener.stop());
    return listener;
  }

  /** Whether these queues are empty. Name them upstream first: a message may send one to the next queue. */
  async isEmpty(...queues: readonly string[]): Promise<boolean> {
    for (const name of queues) if ((await this.#queues.get(name)?.isEmpty()) === false) return false;
    return true;
  }

  /** Waits until these queues are empty. */
  async drained(...queues: readonly string[]): Promise<void> {
    await this.#until(`the queues ${queues.join(', ')} to be empty`, () => this.isEmpty(...queues));
  }

  /** Waits until the blob triggers have processed everything that was written before this call. */
  async blobsSeen(): Promise<void> {
    const from = performance.now();
    await this.#until('the blob trigger to finish', async () =>
      this.#blobs.every(({ quietSince }) => quietSince !== null && quietSince >= from),
    );
  }

  /** Stops everything. A repeated call has no effect. */
  async stop(): Promise<void> {
    await this.#closers.close();
  }

  async #start(): Promise<void> {
    const { onProgress, containers, bundle, signal, onNotification } = this.#options;
    const azurite = await startAzurite();
    this.#closers.add(() => azurite.stop());
    this.#azurite = azurite;
    signal.throwIfAborted();
    onProgress(`Azurite listens (process ${azurite.pid}): blobs, queues and tables in memory`);

    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    const receiver = await startReceiver(secret, onNotification);
    this.#closers.add(() => receiver.stop());
    this.#receiver = receiver;

    const connectionString = azurite.connectionString();
    setEnvironment({
      connectionString,
      containers,
      sinkUrl: receiver.url,
      chatUrl: `${receiver.url}${CHAT_PATH}`,
      sinkSecret: secret,
    });
    Object.assign(process.env, this.#options.environment);
    const counter = new RequestCounter(connectionString);
    this.#closers.add(() => counter.stop());
    this.#counter = counter;
    await this.#host.load(bundle);
    signal.throwIfAborted();
    const { functions } = this.#host;
    onProgress(`${functions.length} functions loaded: ${functions.map(({ name }) => name).join(', ')}`);

    const http = await serve((request, response) => answerBy(this.#host, request, response));
    this.#closers.add(() => http.stop());
    this.#http = http;
    await this.#listen(connectionString);
  }

  /** Starts the queue and blob triggers. The caller fires the timers. */
  async #listen(connectionString: string): Promise<void> {
    const settings = hostSettings();
    const queues = QueueServiceClient.fromConnectionString(connectionString);
    const blobs = BlobServiceClient.fromConnectionString(connectionString);
    const listeners: Listener[] = [];
    const listen = (listener: { step(): Promise<number> }) =>
      listeners.push(loop(() => listener.step(), this.#options.onFailure));
    // Added last, so stopped first: storage must outlive the last invocation.
    this.#closers.add(() => within(STOP_WITHIN_MS, Promise.all(listeners.map((listener) => listener.stop()))));

    for (const hosted of this.#host.functions) {
      if (hosted.trigger.type === 'queueTrigger') {
        const name = String(hosted.trigger['queueName']);
        const listener = new QueueListener({
          queue: queues.getQueueClient(name),
          poison: queues.getQueueClient(`${name}-poison`),
          settings: settings.queues,
          handle: (text, message) => this.#host.invoke(hosted.name, queueInput(name, text, message)),
        });
        this.#queues.set(name, listener);
        listen(listener);
      } else if (hosted.trigger.type === 'blobTrigger') {
        const { connection, container } = watchedBy(hosted);
        const listener = new BlobListener({
          container: blobs.getContainerClient(container),
          settings: settings.blobs,
          handle: (name) => this.#host.invoke(hosted.name, blobInput(connection, container, name)),
        });
        this.#blobs.push(listener);
        listen(listener);
      }
    }
  }

  async #until(condition: string, isMet: () => Promise<boolean>): Promise<void> {
    const { signal } = this.#options;
    const from = performance.now();
    while (!(await isMet())) {
      if (performance.now() - Math.max(from, this.tally.lastAt) > STALLED_MS) {
        throw new CommandError(`waited for ${condition}, but no function has ended for five minutes`);
      }
      await delay(CHECK_EVERY_MS, undefined, { signal });
    }
  }
}

/** The container of a blob trigger. Only `container/{name}` by reference is supported, which is all that the app uses. */
function watchedBy({ name, trigger }: HostedFunction): { connection: string; container: string } {
  const [, container] = /^([^/{}]+)\/\{name\}$/.exec(String(trigger['path'])) ?? [];
  if (container === undefined || !isDeferred(trigger)) {
    throw new Error(`the local host does not support the blob trigger of ${name}: only container/{name} by reference`);
  }
  return { connection: String(trigger['connection']), container };
}

function isDeferred({ properties }: Binding): boolean {
  return properties?.['supportsDeferredBinding'] === 'true';
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('the local system has not been started');
  return part;
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const timeout = new AbortController();
  const late = delay(ms, undefined, { signal: timeout.signal }).catch(() => {});
  await Promise.race([work, late]);
  timeout.abort();
}
