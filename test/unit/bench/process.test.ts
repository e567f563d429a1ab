import { describe, expect, it } from 'vitest';
import { exitReasonOf, measureProcess } from '../../../bench/harness/process.ts';

describe('measureProcess(command)', () => {
  it('returns what a Node process used and printed', async () => {
    const run = await measureProcess({ kind: 'node', args: ['--eval', 'console.log(1)'] });
    expect(run).toMatchObject({ stdout: '1\n', stderr: '' });
    expect(run.wallMs).toBeGreaterThan(5);
    expect(run.cpuMs).toBeGreaterThan(5);
    expect(run.peakMb).toBeGreaterThan(10);
  });

  it('throws where a process does not end well', async () => {
    await expect(measureProcess({ kind: 'node', args: ['--eval', 'process.exit(3)'] })).rejects.toThrow('ended with 3');
  });
});

describe('reasonOf(error)', () => {
  it('is the line that names the fault, of Node not the end of its stack, of Python not its beginning', async () => {
    const missing = measureProcess({
      kind: 'node',
      args: ['--input-type=module', '--eval', 'import "no-such-package"'],
    });
    expect(exitReasonOf(await missing.catch((error: unknown) => error))).toContain(
      "Cannot find package 'no-such-package'",
    );
    const python =
      'Traceback (most recent call last):\n  File "x.py", line 1\nModuleNotFoundError: No module named \'numpy\'\n';
    expect(exitReasonOf(new Error(`x.py ended with 1:\n${python}`))).toBe(
      "ModuleNotFoundError: No module named 'numpy'",
    );
    expect(exitReasonOf(new Error('spawn /nonexistent ENOENT'))).toBe('spawn /nonexistent ENOENT');
  });
});
