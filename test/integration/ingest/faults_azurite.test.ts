import { RestError } from '@azure/data-tables';
import { describe, expect, inject, it } from 'vitest';
import type { RequestPolicy } from '../../../src/storage/azure/request_policy.ts';
import { response } from '../../support/azure/policies.ts';
import { freshAccount } from '../../support/azurite.ts';
import { azureGround } from '../../support/ingest/grounds.ts';
import { type Left, play, START } from '../../support/ingest/happenings.ts';

type Request = Parameters<RequestPolicy['sendRequest']>[0];
type Next = Parameters<RequestPolicy['sendRequest']>[1];
type Answer = ReturnType<Next>;

describe('a fault at requests to Azurite', { timeout: 120_000 }, () => {
  /** Plays the beginning, with a policy in front of the service while the workers are at work. */
  async function onAzurite(sendRequest: (request: Request, next: Next) => Answer): Promise<Left> {
    let now = START;
    let isAtWork = false;
    const clock = (): number => now;
    const policy: RequestPolicy = {
      name: 'faults',
      sendRequest: (request, next) => (isAtWork ? sendRequest(request, next) : next(request)),
    };
    const options = { policy, retry: { retries: RETRIES, delayMs: 1, maxDelayMs: 2 } };
    const ground = azureGround(await freshAccount(inject('azurite')), clock, options);
    const setNow = (ms: number): void => {
      now = ms;
    };
    const atWork = (is: boolean): void => {
      isAtWork = is;
    };
    return await play({ ground, clock, setNow, atWork, happenings: 2 }, (call) => call.run());
  }
  const RETRIES = 2;

  let clean: Promise<Left> | undefined;
  const cleanPass = (): Promise<Left> => {
    clean ??= onAzurite((request, next) => next(request));
    return clean;
  };

  const busy = async (request: Request): Answer =>
    response(request, 503, { 'retry-after': '0', 'x-ms-error-code': 'ServerBusy' }, '');
  const resetBefore = async (request: Request): Answer => {
    throw new RestError('reset', { code: 'ECONNRESET', request });
  };
  const resetAfter = async (request: Request, next: Next): Answer => {
    const answer = await next(request);
    (answer.readableStreamBody as { destroy?: () => void } | undefined)?.destroy?.();
    return resetBefore(request);
  };

  it.each([
    ['answered 503 ServerBusy', busy],
    ['reset before it arrives', resetBefore],
    ['reset when it has taken effect, so that its own retry gets 409 or 412', resetAfter],
  ])(
    'if each call first fails by %s, leaves the rows, dead letters and states of a clean pass',
    async (_what, fault) => {
      const seen = new Set<string>();
      const left = await onAzurite((request, next) => {
        if (seen.has(request.requestId)) return next(request);
        seen.add(request.requestId);
        return fault(request, next);
      });
      expect(left).toEqual(await cleanPass());
      expect(seen.size).toBeGreaterThan(40);
    },
  );

  it('of any kind, for good, before or after it takes effect, leaves them one clean worker later', async () => {
    const kinds = new Map<string, number>();
    await onAzurite((request, next) => {
      kinds.set(kindOf(request), (kinds.get(kindOf(request)) ?? 0) + 1);
      return next(request);
    });
    expect([...kinds.keys()].sort()).toMatchInlineSnapshot(`
      [
        "GET Exports()",
        "GET Runs()",
        "GET exports container list",
        "GET exports/export",
        "GET none container list",
        "GET queue metadata",
        "HEAD exports/export",
        "POST $batch",
        "POST Exports",
        "POST Tables",
        "POST ingest/messages",
        "PUT Exports()",
        "PUT dead-letters container",
        "PUT dead-letters/segment.jsonl",
        "PUT queue",
      ]
    `);
    // What only reads has no effect to be before or after.
    const isRead = (kind: string): boolean => /^(?:GET|HEAD)/.test(kind);
    const faults = [...kinds].flatMap(([kind, count]) => [
      { kind, count, fault: resetBefore },
      ...(isRead(kind) ? [] : [{ kind, count, fault: resetAfter }]),
    ]);
    const wanted = await cleanPass();
    const playOne = async ({ kind, count, fault }: (typeof faults)[number]): Promise<void> => {
      // One in the middle of its kind, and its retries.
      let before = Math.floor(count / 2);
      let failing: string | undefined;
      const left = await onAzurite((request, next) => {
        if (failing === undefined && kindOf(request) === kind && before-- === 0) failing = request.requestId;
        return request.requestId === failing ? fault(request, next) : next(request);
      });
      expect(failing, kind).toBeDefined();
      expect(left, `${kind}, ${fault.name}`).toEqual(wanted);
    };
    for (let n = 0; n < faults.length; n += 4) await Promise.all(faults.slice(n, n + 4).map(playOne));
  });
});

/** `PUT exports/a comp`: what a request is about. */
function kindOf({ method, url }: Request): string {
  const { pathname, searchParams } = new URL(url);
  const path = pathname
    .split('/')
    .slice(2)
    .join('/')
    .replace(/\(.*\)/, '()')
    .replace(/[0-9a-f]{32}/, 'segment')
    .replace(/exports\/[abc]$/, 'exports/export')
    .replace(/^(?:ingest|score|notify|webjobs-blobtrigger)(?:-poison)?$/, 'queue');
  return [method, path, searchParams.get('restype'), searchParams.get('comp')].filter(Boolean).join(' ');
}
