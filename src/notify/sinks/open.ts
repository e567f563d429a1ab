import { createHash } from 'node:crypto';
import { TEST_GROUP_ID } from '../../core/detections/headline.ts';
import type { OwnerOf } from '../../core/detections/owner.ts';
import type { DigestLimits, Sink } from '../sink.ts';
import { withOwners } from '../with_owners.ts';
import type { MessageContext, Post } from './messages.ts';
import { send } from './send.ts';
import { MIN_SEVERITY, type SinkSettings } from './settings.ts';

/** Settings and services that all sinks share. */
export interface SinkContext extends MessageContext {
  readonly digestAbove: number;
  /** Opens the operator's database of owners, once. */
  readonly owners?: () => Promise<OwnerOf>;
}

/** Opens a sink from its settings. Nothing is sent before `send`. */
export function openSink(settings: SinkSettings, context: SinkContext, post: Post = send): Sink {
  return {
    name: settings.name,
    minSeverity: settings.minSeverity ?? MIN_SEVERITY,
    ...(settings.sources && { sources: settings.sources }),
    ...(settings.detectors && { detectors: settings.detectors }),
    fingerprint: createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16),
    digests: digestLimitsOf(settings, context),
    send: sendingOwners(sending(settings, context, post), context),
  };
}

function sendingOwners(send: Sink['send'], { owners }: SinkContext): Sink['send'] {
  if (owners === undefined) return send;
  return async (notification, now) => {
    // A test needs no storage.
    const isTest = notification.detections.every(({ groupId }) => groupId === TEST_GROUP_ID);
    return send(isTest ? notification : withOwners(notification, await owners()), now);
  };
}

/** The code that writes messages is loaded with the first of them. */
function sending(settings: SinkSettings, context: MessageContext, post: Post): Sink['send'] {
  let opened: Sink['send'] | undefined;
  return async (notification, now) => {
    // What fails is tried again with the next message: a credential can come later.
    opened ??= (await import('./messages.ts')).senderOf(settings, context, post);
    return opened(notification, now);
  };
}

/** A run scores its partitions separately, within about a minute. */
const GATHER_MS = 60_000;

function digestLimitsOf(settings: SinkSettings, { digestAbove }: SinkContext): DigestLimits | null {
  const digest = (above: number, baseline: 'one' | 'each'): DigestLimits => {
    return { above, atMost: 1000, listed: 10, baseline, waitMs: GATHER_MS };
  };
  switch (settings.format) {
    case 'slack':
    case 'teams':
      return digest(settings.digestAbove ?? digestAbove, 'one');
    case 'json':
      return settings.digestAbove === undefined ? null : digest(settings.digestAbove, 'each');
    case 'ocsf':
      return null;
    case 'splunk-hec':
    case 'sentinel':
      // Rows: several complete rows go into one request.
      return { above: 1, atMost: 50, listed: 50, waitMs: 0 };
  }
}
