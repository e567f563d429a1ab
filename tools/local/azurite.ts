import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { CommandError } from '../../src/cli/errors.ts';

/** The storage emulator as a child process: in memory, on free ports, for this machine only. */
export interface Azurite {
  readonly pid: number;
  /** The connection string of an account; by default of the first. */
  connectionString(account?: string): string;
  /** Ends the process and its data. A repeated call has no effect. */
  stop(): Promise<void>;
}

export interface AzuriteOptions {
  /** Names of storage accounts. They share nothing. */
  readonly accounts?: readonly string[];
  readonly timeoutMs?: number;
}

/** Any base64 text. It protects nothing: the emulator listens on this machine only, and ends with this process. */
const KEY = Buffer.from('local').toString('base64');
const LISTENING = /^Azurite (Blob|Queue|Table) service is successfully listening at (http:\/\/\S+)$/;
const MAX_ERROR_LENGTH = 4_000;

/** Starts Azurite and waits until its three services listen. Throws a CommandError if it is not installed. */
export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  const accounts = options.accounts ?? ['beaconwatch'];
  const child = spawn(process.execPath, [entryPoint(), ...ARGUMENTS], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, AZURITE_ACCOUNTS: accounts.map((account) => `${account}:${KEY}`).join(';') },
  });
  // If this process ends without `stop`, Azurite must end too.
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
  // Port 0: the system picks a free port, and Azurite prints it.
  ...['--blobPort', '0', '--queuePort', '0', '--tablePort', '0'],
];

function entryPoint(): string {
  try {
    return createRequire(import.meta.url).resolve('azurite/dist/src/azurite.js');
  } catch (cause) {
    throw new CommandError(
      'The storage emulator Azurite is not installed. local needs a checkout of Beaconwatch: run npm ci there, then npm start',
      { cause },
    );
  }
}

type Endpoints = ReadonlyMap<string, string>;

function listening(child: ChildProcess, timeoutMs: number): Promise<Endpoints> {
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('Azurite has no output');
  return new Promise((resolve, reject) => {
    let errors = '';
    const endpoints = new Map<string, string>();
    const fail = (problem: string): void => reject(new Error(`Azurite ${problem}${errors && `:\n${errors}`}`));
    const timer = setTimeout(() => fail(`does not listen after ${timeoutMs} ms`), timeoutMs);
    child.once('error', (cause) => reject(new Error('Azurite cannot be started', { cause })));
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      fail(`ended before it listened (${signal ?? code})`);
    });
    stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-MAX_ERROR_LENGTH);
    });
    // The pipe is read to its end; a full pipe would stop Azurite.
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
