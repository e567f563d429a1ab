import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isWritten, outputOf } from '../../../src/cli/direct_output.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'beaconwatch-output-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Stands for Node's stream. */
class Stream extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

function standard(fd: number) {
  const stream = new Stream();
  const made: Stream[] = [];
  const streamOf = () => {
    made.push(stream);
    return stream as unknown as NodeJS.WriteStream;
  };
  const errors: string[] = [];
  const onError = ({ code }: NodeJS.ErrnoException) => void errors.push(`${code}`);
  return { made, stream, errors, output: outputOf({ fd, streamOf, onError }) };
}

describe('outputOf', () => {
  it('outputOf(file) writes text in order, without a stream', () => {
    const path = join(folder, 'out');
    const fd = openSync(path, 'w');
    const { output, made } = standard(fd);
    output.write('a\u00e9\n');
    output.write('b\n');
    closeSync(fd);
    expect(readFileSync(path, 'utf8')).toBe('a\u00e9\nb\n');
    expect({ streams: made.length, isTTY: output.isTTY, isWritten: isWritten(output) }).toEqual({
      streams: 0,
      isTTY: undefined,
      isWritten: true,
    });
  });

  it('outputOf(pipe that is full and does not wait) leaves the rest, and all text after it, to the stream', () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    // Open at both ends, so that the bytes stay in it.
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    const { output, made, stream } = standard(fd);
    const text = Array.from({ length: 50_000 }, (_, n) => `line ${n}\n`).join('');
    output.write(text);
    output.write('last\n');
    const taken = Buffer.alloc(text.length);
    const bytes = readSync(fd, taken);
    closeSync(fd);
    expect(bytes).toBeGreaterThan(0);
    expect(`${taken.toString('utf8', 0, bytes)}${stream.text}` === `${text}last\n`).toBe(true);
    expect({ streams: made.length, isWritten: isWritten(output) }).toEqual({ streams: 1, isWritten: false });
  });

  it('outputOf(file) hands the first error of a write on, throws none, and writes no more', () => {
    const path = join(folder, 'out');
    closeSync(openSync(path, 'w'));
    const fd = openSync(path, 'r');
    const { output, errors, made } = standard(fd);
    output.write('a');
    output.write('b');
    closeSync(fd);
    expect({ errors, streams: made.length, isWritten: isWritten(output) }).toEqual({
      errors: ['EBADF'],
      streams: 0,
      isWritten: true,
    });
  });

  it('outputOf(device) is the stream', () => {
    const fd = openSync('/dev/null', 'w');
    const { output, stream, errors } = standard(fd);
    closeSync(fd);
    expect(output).toBe(stream);
    expect(isWritten(output)).toBe(false);
    stream.emit('error', Object.assign(new Error('full'), { code: 'ENOSPC' }));
    expect(errors).toEqual(['ENOSPC']);
  });
});
