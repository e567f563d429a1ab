import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

/** The storage emulator, as a process of ours: in memory, on free ports, for this machine only. */
export interface Azurite {
  readonly pid: number;
  /** Of one of its accounts; of the first where none is named. */
  connectionString(account?: string): string;
  /** Ends the process, and everything in it; doing it twice does nothing more. */
  stop(): Promise<void>;
}

export interface AzuriteOptions {
  /** Names of storage accounts, each a world of its own. */
  readonly accounts?: readonly string[];
  readonly timeoutMs?: number;
}

/** Guards nothing: the emulator listens on this machine alone, and ends with us. Any base64 does. */
const KEY = Buffer.from('local').toString('base64');
const LISTENING = /^Azurite (Blob|Queue|Table) service is successfully listening at (http:\/\/\S+)$/;
const MAX_ERROR_LENGTH = 4_000;

/** Starts Azurite and waits until all three of its services listen. */
export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  const accounts = options.accounts ?? ['beaconwatch'];
  const child = spawn(process.execPath, [entryPoint(), ...ARGUMENTS], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, AZURITE_ACCOUNTS: accounts.map((account) => `${account}:${KEY}`).join(';') },
  });
  // A process that ends without a word to us takes it along; `stop` is the orderly way.
  const onExit = (): boolean => child.kill('SIGKILL');
  process.once('exit', onExit);
  const stop = async (): Promise<void> => {
    process.off('exit', onExit);
    await end(child);
  };
  try {
    const endpoints = await listening(child, options.timeoutMs ?? 30_000);
    return {
      pid: child.pid as number,
      connectionString: (account = accounts[0] as string) => connectionString(account, endpoints),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const ARGUMENTS = [
  '--inMemoryPersistence',
  '--skipApiVersionCheck',
  '--disableTelemetry',
  '--silent',
  // Port 0: the system picks a free one, and Azurite says which.
  ...['--blobPort', '0', '--queuePort', '0', '--tablePort', '0'],
];

function entryPoint(): string {
  try {
    return createRequire(import.meta.url).resolve('azurite/dist/src/azurite.js');
  } catch (cause) {
    throw new Error('Azurite is not installed: npm install', { cause });
  }
}

type Endpoints = ReadonlyMap<string, string>;

function listening(child: ChildProcess, timeoutMs: number): Promise<Endpoints> {
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('Azurite has no output');
  return new Promise((resolve, reject) => {
    let errors = '';
    const endpoints = new Map<string, string>();
    const fail = (what: string): void => reject(new Error(`Azurite ${what}${errors && `:\n${errors}`}`));
    const timer = setTimeout(() => fail(`does not listen after ${timeoutMs} ms`), timeoutMs);
    child.once('error', (cause) => reject(new Error('Azurite cannot be started', { cause })));
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      fail(`ended at once (${signal ?? code})`);
    });
    stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-MAX_ERROR_LENGTH);
    });
    // Read to the end, or the pipe fills up and Azurite stops.
    createInterface({ input: stdout }).on('line', (line) => {
      const [, service, endpoint] = LISTENING.exec(line) ?? [];
      if (service === undefined || endpoint === undefined) return;
      endpoints.set(service, endpoint);
      if (endpoints.size < 3) return;
      clearTimeout(timer);
      resolve(endpoints);
    });
  });
}

function connectionString(account: string, endpoints: Endpoints): string {
  const services = [...endpoints].map(([service, endpoint]) => `${service}Endpoint=${endpoint}/${account}`);
  return ['DefaultEndpointsProtocol=http', `AccountName=${account}`, `AccountKey=${KEY}`, ...services].join(';');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
