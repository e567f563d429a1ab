import { describe, expect, it } from 'vitest';
import { remembered } from '../../../../src/core/text/remembered.ts';

/** A function that counts its calls. */
function counting() {
  const calls: string[] = [];
  const lengthOf = remembered((text) => {
    calls.push(text);
    return text.length;
  });
  return { calls, lengthOf };
}

describe('remembered(work)', () => {
  it('works each text out once', () => {
    const { calls, lengthOf } = counting();
    expect(['a', 'bb', 'a', 'bb', 'b\ud800'].map(lengthOf)).toEqual([1, 2, 1, 2, 2]);
    expect(calls).toEqual(['a', 'bb', 'b\ud800']);
  });

  it('remembers false as well', () => {
    let calls = 0;
    const isEmpty = remembered((text) => {
      calls++;
      return text === '';
    });
    expect([isEmpty('a'), isEmpty('a'), isEmpty(''), isEmpty('')]).toEqual([false, false, true, true]);
    expect(calls).toBe(2);
  });

  it('keeps no long text, and forgets all when there are too many', () => {
    const { calls, lengthOf } = counting();
    const long = 'x'.repeat(257);
    lengthOf(long);
    lengthOf(long);
    expect(calls).toHaveLength(2);
    for (let n = 0; n < 20_001; n++) lengthOf(String(n));
    calls.length = 0;
    lengthOf('20000');
    lengthOf('0');
    expect(calls).toEqual(['0']);
  });
});
