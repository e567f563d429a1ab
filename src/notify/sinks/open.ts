import { createHash } from 'node:crypto';
import type { TokenCredential } from '@azure/identity';
import { TEST_GROUP_ID } from '../../core/detections/headline.ts';
import type { OwnerOf } from '../../core/detections/owner.ts';
import type { DigestLimits, Notification, Sink, SinkAnswer } from '../sink.ts';
import { withOwners } from '../with_owners.ts';
import { jsonText } from './escape.ts';
import { jsonRequest } from './json.ts';
import type { Links } from './links.ts';
import { ocsfRequest } from './ocsf.ts';
import type { SinkRequest } from './request.ts';
import { send } from './send.ts';
import { sendToSentinel } from './sentinel.ts';
import { sentinelRow } from './sentinel_row.ts';
import { MIN_SEVERITY, type SinkSettings } from './settings.ts';
import { slackRequest } from './slack.ts';
import { splunkRequest } from './splunk.ts';
import { teamsRequest } from './teams.ts';

/** Settings and services that all sinks share. */
export interface SinkContext {
  readonly links: Links;
  readonly digestAbove: number;
  /** The app's identity, or the user-assigned one of that client id. */
  readonly credential: (clientId: string | undefined) => TokenCredential;
  /** Opens the operator's database of owners, once. */
  readonly owners?: () => Promise<OwnerOf>;
}

/** Opens a sink from its settings. Nothing is sent before `send`. */
export function openSink(
  settings: SinkSettings,
  context: SinkContext,
  post: (request: SinkRequest) => Promise<SinkAnswer> = send,
): Sink {
  return {
    name: settings.name,
    minSeverity: settings.minSeverity ?? MIN_SEVERITY,
    ...(settings.sources && { sources: settings.sources }),
    ...(settings.detectors && { detectors: settings.detectors }),
    fingerprint: createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16),
    digests: digestLimitsOf(settings, context),
    send: sendingOwners(senderOf(settings, context, post), context),
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

function senderOf(
  settings: SinkSettings,
  { links, credential }: SinkContext,
  post: (request: SinkRequest) => Promise<SinkAnswer>,
): Sink['send'] {
  if (settings.format !== 'sentinel') {
    return (notification, now) => post(requestOf(notification, settings, links, now));
  }
  let identity: TokenCredential | undefined;
  return (notification, now) => {
    // One credential for all messages: it caches its token.
    identity ??= credential(settings.clientId);
    return sendToSentinel(notification, settings, links, identity, new Date(now));
  };
}

/** The body of a message, without address and headers, so without secrets. */
export function bodyOf(notification: Notification, settings: SinkSettings, links: Links, now: number): string {
  if (settings.format !== 'sentinel') return requestOf(notification, settings, links, now).body;
  return jsonText(notification.detections.map((detection) => sentinelRow(detection, links, new Date(now))));
}

/** The POST of a notification to a sink. */
export function requestOf(
  notification: Notification,
  settings: Exclude<SinkSettings, { format: 'sentinel' }>,
  links: Links,
  now: number,
): SinkRequest {
  switch (settings.format) {
    case 'json':
      return jsonRequest(notification, settings, links, new Date(now));
    case 'slack':
      return slackRequest(notification, settings, links);
    case 'teams':
      return teamsRequest(notification, settings, links);
    case 'ocsf':
      return ocsfRequest(notification, settings, links);
    case 'splunk-hec':
      return splunkRequest(notification, settings, links);
  }
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
