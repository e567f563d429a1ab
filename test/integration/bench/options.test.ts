import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { againFrom, optionsFrom, Refused } from '../../../bench/harness/options.ts';

const full = { size: 400, rounds: 9 };

describe('optionsFrom(args, full)', () => {
  it('takes what is given, and the rest from full', () => {
    expect(optionsFrom([], full)).toEqual(full);
    expect(optionsFrom(['--size', '0.5', '--rounds', '2'], full)).toEqual({ size: 0.5, rounds: 2 });
  });

  it.each([
    [['--size', 'abc'], 'got "abc"'],
    [['--size='], 'got ""'],
    [['--size=-3'], 'got "-3"'],
    [['--size', 'Infinity'], 'got "Infinity"'],
    [['--rounds', '0'], 'got "0"'],
    [['--rounds', '1.5'], 'whole number, got 1.5'],
    [['--sise', '20'], '--sise'],
    [['20'], "'20'"],
  ])('refuses %j', (args, message) => {
    expect(() => optionsFrom(args, full)).toThrow(Refused);
    expect(() => optionsFrom(args, full)).toThrow(message);
  });
});

describe('againFrom(args)', () => {
  it('knows --again, and refuses the size that it would else run in full', () => {
    expect(againFrom([])).toBe(false);
    expect(againFrom(['--again'])).toBe(true);
    expect(() => againFrom(['--size', '20'])).toThrow(Refused);
  });
});

describe('bench/run.ts', () => {
  it.each([
    [['score', '--size', 'abc'], '--size must be a number above 0, got "abc"'],
    [['nonsense'], 'no benchmark nonsense: score, '],
    [['all', '--size', '20'], "Unknown option '--size'"],
  ])('%j ends with a line that says why', (args, line) => {
    const { status, stderr } = spawnSync(process.execPath, ['bench/run.ts', ...args], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(line)]);
  });
});
