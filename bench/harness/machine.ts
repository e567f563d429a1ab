import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';

/** Where and of what something was measured. */
export interface Origin {
  /** ISO 8601, UTC. */
  readonly date: string;
  readonly commit: string;
  /** Whether files differed from that commit. */
  readonly dirty: boolean;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly os: string;
}

export function originNow(): Origin {
  return {
    date: new Date().toISOString().slice(0, 19).concat('Z'),
    commit: git('rev-parse', 'HEAD').slice(0, 12),
    // What benchmarks themselves write does not change what they measure.
    dirty: git('status', '--porcelain', '--', ':!bench/results', ':!docs') !== '',
    node: process.versions.node,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()}`,
  };
}

/** Without git, or outside of a checkout, ''. */
function git(...args: readonly string[]): string {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}
