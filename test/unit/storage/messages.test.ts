import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { MessageError, parseMessage } from '../../../src/storage/messages.ts';
import type { Messages } from '../../../src/storage/ports/queues.ts';
import { T1, T2 } from '../../contract/samples.ts';

const EXPORT = { container: 'exports', name: 'tenantId=1/y=2026/m=11/d=20/PT1H.json' };
const SCORE = { partitions: ['3'], asOf: T1, oldestUnreadMs: 12.5, newestReport: T2 };
const NOTIFY = { sink: 'soar' };

describe('parseMessage(queue, message)', () => {
  it.each<[keyof Messages, object]>([
    ['ingest', EXPORT],
    ['ingest', { container: 'c'.repeat(63), name: 'n'.repeat(1024) }],
    ['score', SCORE],
    ['score', { ...SCORE, partitions: ['f', '0'], oldestUnreadMs: 0, newestReport: '' }],
    ['score', { ...SCORE, oldestUnreadMs: null }],
    ['notify', NOTIFY],
    ['notify', { ...NOTIFY, sink: 'x'.repeat(40) }],
  ])('of %s reads %j', (queue, message) => {
    expect(parseMessage(queue, Object.freeze(message))).toEqual(message);
  });

  it('reads a score message of a version before: what it does not say is not known', () => {
    const { asOf } = SCORE;
    expect(parseMessage('score', { partition: 'a', asOf })).toEqual({
      partitions: ['a'],
      asOf,
      oldestUnreadMs: null,
      newestReport: '',
    });
  });

  it('takes along nothing that it does not know, so that a later version may say more', () => {
    expect(parseMessage('ingest', { ...EXPORT, priority: 1 })).toEqual(EXPORT);
    expect(parseMessage('notify', { ...NOTIFY, priority: 1 })).toEqual(NOTIFY);
    expect(parseMessage('score', { ...SCORE, priority: 1 })).toEqual(SCORE);
  });

  it('reads a notify message of a version before, which names a detection: the sink is looked through', () => {
    expect(parseMessage('notify', { ...NOTIFY, detectionId: 'x' })).toEqual(NOTIFY);
  });

  const none = [undefined, null, '', 'planted', 0, true, [], [EXPORT, SCORE, NOTIFY], {}];
  it.each<[keyof Messages, unknown]>([
    ...none.flatMap((message): [keyof Messages, unknown][] => [
      ['ingest', message],
      ['score', message],
      ['notify', message],
    ]),
    ['ingest', JSON.stringify(EXPORT)],
    ['ingest', { container: 'planted' }],
    ['ingest', { ...EXPORT, container: '' }],
    ['ingest', { ...EXPORT, name: '' }],
    ['ingest', { ...EXPORT, container: 'planted'.repeat(10) }],
    ['ingest', { ...EXPORT, name: 'planted'.repeat(147) }],
    ['ingest', { ...EXPORT, name: ['planted'] }],
    ['ingest', { ...EXPORT, name: null }],
    ['score', { ...SCORE, partitions: ['0', 'planted'] }],
    ['score', { ...SCORE, partitions: ['0', 'g'] }],
    ['score', { ...SCORE, partitions: ['0', 'A'] }],
    ['score', { ...SCORE, partitions: ['0', '33'] }],
    ['score', { ...SCORE, partitions: ['0', ''] }],
    ['score', { ...SCORE, partitions: ['0', 3] }],
    ['score', { ...SCORE, asOf: 'planted' }],
    ['score', { ...SCORE, asOf: '2026-11-20T09:00:00Z' }],
    ['score', { ...SCORE, asOf: '2026-02-30T09:00:00.0000000Z' }],
    ['score', { ...SCORE, asOf: '' }],
    ['score', { ...SCORE, asOf: 0 }],
    ['score', { partitions: ['3'] }],
    ['score', { partition: '3' }],
    ['score', { asOf: T1, partition: 'planted' }],
    ['score', { ...SCORE, partitions: [] }],
    ['score', { ...SCORE, partitions: '3' }],
    ['score', { ...SCORE, partitions: Array.from({ length: 17 }, () => '3') }],
    ['score', { ...SCORE, oldestUnreadMs: -1 }],
    ['score', { ...SCORE, oldestUnreadMs: '1' }],
    ['score', { ...SCORE, newestReport: 'planted' }],
    ['score', { ...SCORE, newestReport: '2026-11-20' }],
    ['score', { ...SCORE, newestReport: null }],
    ['notify', { ...NOTIFY, sink: '' }],
    ['notify', { ...NOTIFY, sink: 'planted'.repeat(6) }],
    ['notify', { detectionId: 'planted' }],
  ])('of %s refuses %j, and names the queue, not the content', (queue, message) => {
    let error: unknown;
    try {
      parseMessage(queue, message);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(MessageError);
    expect((error as Error).message).toMatch(new RegExp(`^${queue}: invalid message`));
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain('planted');
  });
});
