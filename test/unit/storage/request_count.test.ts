import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { allOf } from '../../../src/storage/all_of.ts';
import { countRequests, noteRequest } from '../../../src/storage/request_count.ts';

async function send(requests: number): Promise<number> {
  for (let n = 0; n < requests; n++) {
    await setImmediate();
    noteRequest();
  }
  return requests;
}

describe('countRequests(work)', () => {
  it('counts the requests of the work, not those of other work at the same time', async () => {
    const [a, b] = await Promise.all([countRequests(() => send(3)), countRequests(() => send(5)), send(7)]);
    expect(a).toEqual({ result: 3, requests: 3 });
    expect(b).toEqual({ result: 5, requests: 5 });
  });

  it('counts those of a listing that the work reads', async () => {
    async function* pages() {
      for (let page = 0; page < 3; page++) {
        await send(1);
        yield page;
      }
    }
    const listing = pages();
    expect(await countRequests(() => allOf(listing))).toEqual({ result: [0, 1, 2], requests: 3 });
  });
});
