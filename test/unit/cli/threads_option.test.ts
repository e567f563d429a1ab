import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LARGE_BYTES, threadsFor, threadsIn } from '../../../src/cli/threads_option.ts';
import { beaconwatch } from '../../support/cli/beaconwatch.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'beaconwatch-threads-option-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function filesOf(number: number, bytes: number) {
  return Array.from({ length: number }, (_, n) => {
    const path = join(folder, `${n}.json`);
    writeFileSync(path, '');
    return { path, bytes };
  });
}

describe('score --threads', () => {
  it.each(['0', '65', '1.5', '-1', 'many', '', '1e1'])('%s is wrong usage', async (text) => {
    const { code, stdout, stderr } = await beaconwatch(['score', folder, `--threads=${text}`]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(`--threads must be a whole number from 1 to 64, got "${text}"\n`);
  });

  it('is in the help', async () => {
    expect((await beaconwatch(['score', '--help'])).stdout).toContain('--threads <N>');
  });
});

describe('threadsFor(files, wanted)', () => {
  const cores = Math.min(8, availableParallelism());

  it('is 1 by default for less than 2 GB, and one for each core from there on', () => {
    expect(threadsFor(filesOf(100, LARGE_BYTES / 100 - 1), null)).toBe(1);
    expect(threadsFor(filesOf(100, LARGE_BYTES / 100), null)).toBe(cores);
  });

  it('is the number that the user wants, and no more than files', () => {
    expect(threadsFor(filesOf(100, 1), threadsIn('3'))).toBe(3);
    expect(threadsFor(filesOf(100, LARGE_BYTES), threadsIn('1'))).toBe(1);
    expect(threadsFor(filesOf(2, LARGE_BYTES), threadsIn('64'))).toBe(2);
  });

  it('is 1 where standard input or a pipe is among the files', () => {
    const files = [...filesOf(9, LARGE_BYTES), { path: '-', bytes: 0 }];
    expect(threadsFor(files, 4)).toBe(1);
    expect(threadsFor([...filesOf(9, LARGE_BYTES), { path: '/dev/null', bytes: 0 }], null)).toBe(1);
  });
});
