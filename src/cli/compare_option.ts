import { Buffer } from 'node:buffer';
import type { Source } from '../core/records/report.ts';
import { escapeForDisplay } from '../core/text/escape.ts';
import { ContainerError } from '../reading/containers/container_error.ts';
import { RuleResultError, readRuleResult } from '../reading/rule_result.ts';
import { CommandError, UsageError } from './errors.ts';
import { contentsOf } from './input_files.ts';
import type { ComparisonTask } from './score_result.ts';

interface CompareOptions {
  readonly compare: string;
  readonly series: boolean;
  readonly format: string;
}

/** An answer of 100,000 rows with all columns has about 300 MB. */
const MAX_BYTES = 512 * 1024 * 1024;

/** Reads the file of `--compare`. Throws a UsageError or a CommandError. */
export async function comparisonOf(
  { compare, series, format }: CompareOptions,
  sources: readonly Source[],
  isRange: boolean,
): Promise<ComparisonTask> {
  if (isRange) throw new UsageError('--compare compares one window: give --now, not --from and --to');
  if (series) throw new UsageError('--compare has no --series');
  if (format === 'csv') throw new UsageError('--compare needs --format table or json');
  const [source] = sources;
  if (source === undefined || sources.length > 1)
    throw new UsageError(`--compare needs one source: set SOURCES=defender, got ${sources.join(',')}`);
  const name = escapeForDisplay(compare, 500);
  try {
    return { path: compare, answer: await readRuleResult(await bytesOf(compare)), source };
  } catch (error) {
    if (error instanceof RuleResultError || error instanceof ContainerError)
      throw new CommandError(`${name}: ${error.message}`);
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new CommandError(`${name}: no such file`);
    throw error;
  }
}

async function bytesOf(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let files = 0;
  for await (const content of contentsOf({ path, bytes: 0 }, () => {})) {
    if ('refused' in content) throw new RuleResultError(content.refused);
    if (!('chunks' in content)) continue;
    files++;
    if (files > 1) throw new RuleResultError('it holds more than one file: unpack it, and name one');
    for await (const chunk of content.chunks) {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) throw new RuleResultError('larger than 512 MiB: let the query project the nine columns');
      chunks.push(Buffer.from(chunk));
    }
  }
  return Buffer.concat(chunks);
}
