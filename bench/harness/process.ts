import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** What a whole process took, its start included. */
export interface ProcessRun {
  readonly wallMs: number;
  /** User and system time of all its threads. */
  readonly cpuMs: number;
  /** Most memory that it had at a time; NaN where it is not known (of what is no Node and no Python). */
  readonly peakMb: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program and its arguments; `node`, `python` and `other` say how what it took is found out. */
export interface Command {
  readonly kind: 'node' | 'python' | 'other';
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Debian's own: the one that has numpy and statsmodels from apt. */
export const PYTHON = process.env['BENCH_PYTHON'] ?? '/usr/bin/python3';

const NODE_USAGE = fileURLToPath(new URL('./usage.cjs', import.meta.url));
const PYTHON_USAGE = fileURLToPath(new URL('./usage.py', import.meta.url));

/** Runs a process to its end. Throws, with the end of what it said, where it does not end well. */
export async function measureProcess({ kind, args, env = {} }: Command): Promise<ProcessRun> {
  const [file, ...rest] = commandLine(kind, args);
  const started = performance.now();
  const child = spawn(file as string, rest, {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const [stdout, stderr, usage, code] = await Promise.all([
    textOf(child.stdout as Readable),
    textOf(child.stderr as Readable),
    textOf(child.stdio[3] as Readable),
    new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    }).then((ended) => ({ ended, at: performance.now() })),
  ]);
  if (code.ended !== 0)
    throw new Error(`${args.slice(0, 4).join(' ')} ended with ${code.ended}:\n${stderr.slice(-2000)}`);
  const { cpuMs, peakMb } = JSON.parse(usage) as { cpuMs: number; peakMb: number | null };
  return { wallMs: code.at - started, cpuMs, peakMb: peakMb ?? Number.NaN, stdout, stderr };
}

/** The line of an error that says what is wrong: of a process that failed, not the end of its stack. */
export function exitReasonOf(error: unknown): string {
  const lines = (error instanceof Error ? error.message : String(error)).split('\n').map((line) => line.trim());
  return (
    lines.find((line) => /^\[?\w*(?:Error|Exception)\b.*:/.test(line)) ?? lines.findLast((line) => line !== '') ?? ''
  );
}

function commandLine(kind: Command['kind'], args: readonly string[]): string[] {
  switch (kind) {
    case 'node':
      return [process.execPath, '--require', NODE_USAGE, ...args];
    case 'python':
      return [PYTHON, PYTHON_USAGE, ...args];
    case 'other':
      return [PYTHON, PYTHON_USAGE, '--', ...args];
  }
}

async function textOf(stream: Readable): Promise<string> {
  let text = '';
  for await (const piece of stream.setEncoding('utf8')) text += piece as string;
  return text;
}
