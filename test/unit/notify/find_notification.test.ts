import { describe, expect, it } from 'vitest';
import { notificationIdOf } from '../../../src/core/detections/detection.ts';
import { addMs, msOf } from '../../../src/core/kql/timestamp.ts';
import { findNotification } from '../../../src/notify/find_notification.ts';
import { notify } from '../../../src/notify/notify.ts';
import type { Notification, Sink, SinkAnswer } from '../../../src/notify/sink.ts';
import { sinkStates } from '../../../src/notify/sink_states.ts';
import { detection, groupId, T1 } from '../../contract/samples.ts';
import { memoryStores } from '../../fakes/stores.ts';
import { writeDetection } from '../../support/sinks/write_detection.ts';

describe('findNotification(stores, id)', () => {
  it('finds what was sent, rejected or is pending: by the id of the log, of a receiver, and of a digest', async () => {
    const stores = memoryStores();
    const clock = () => msOf(T1);
    const sent: Notification[] = [];
    const sinkOf = (name: string, answer: SinkAnswer, digests: Sink['digests'] = null): Sink => ({
      name,
      fingerprint: '',
      digests,
      async send(notification) {
        sent.push(notification);
        return answer;
      },
    });
    const soar = sinkOf('soar', { kind: 'permanent', answer: '403' });
    const chat = sinkOf('chat', { kind: 'sent', answer: '200' }, { above: 1, atMost: 10, listed: 10, waitMs: 0 });
    const down = sinkOf('down', { kind: 'transient', answer: '503' });
    await sinkStates(stores, [soar, chat, down], addMs(T1, -1));
    const opened = [1, 2, 3].map((number) => detection({ groupId: groupId(number), average: 10 - number }));
    for (const each of opened) await writeDetection(stores, each);
    const messages = [];
    for (const sink of [soar, chat, down]) messages.push(...(await notify(stores, sink, clock)).messages);

    const [first] = opened as [(typeof opened)[0]];
    const id = notificationIdOf(first);
    const detectionId = first.groupId;
    const wanted = [
      { sink: 'down', detectionId, status: 'pending', attempts: 1, answer: '503' },
      { sink: 'chat', detectionId, status: 'sent', attempts: 1, answer: '200' },
      { sink: 'soar', detectionId, status: 'failed', attempts: 1, answer: '403' },
    ];
    const sorted = async (asked: string) =>
      (await findNotification(stores, asked)).toSorted((a, b) => (a.sink < b.sink ? -1 : 1));
    const inOrder = wanted.toSorted((a, b) => (a.sink < b.sink ? -1 : 1));
    expect(await sorted(id)).toEqual(inOrder);
    expect(await sorted(id.slice(8))).toEqual(inOrder);
    // As the log has them.
    for (const message of messages) expect((await findNotification(stores, message.id)).length).toBeGreaterThan(0);
    const digest = sent.find((each) => each.digest)?.id ?? '';
    expect((await findNotification(stores, digest)).map((each) => each.sink)).toEqual(['chat', 'chat', 'chat']);
    expect(await findNotification(stores, `${detectionId}|${T1}|2`)).toEqual([]);
    expect(await findNotification(stores, '')).toEqual([]);
  });
});
