import { createHash } from 'node:crypto';
import type { TokenCredential } from '@azure/identity';
import type { DigestLimits, Notification, Sink, SinkAnswer } from '../sink.ts';
import { jsonText } from './escape.ts';
import { jsonRequest } from './json.ts';
import type { Links } from './links.ts';
import { ocsfRequest } from './ocsf.ts';
import type { SinkRequest } from './request.ts';
import { send } from './send.ts';
import { sendToSentinel } from './sentinel.ts';
import { sentinelRow } from './sentinel_row.ts';
import type { SinkSettings } from './settings.ts';
import { slackRequest } from './slack.ts';
import { splunkRequest } from './splunk.ts';
import { teamsRequest } from './teams.ts';

/** What all sinks have in common. */
export interface SinkContext {
  readonly links: Links;
  readonly digestAbove: number;
  /** The app's identity, or the user-assigned one of that client id. */
  readonly credential: (clientId: string | undefined) => TokenCredential;
}

/** A sink that sends what its settings say to where they say. */
export function openSink(
  settings: SinkSettings,
  context: SinkContext,
  post: (request: SinkRequest) => Promise<SinkAnswer> = send,
): Sink {
  return {
    name: settings.name,
    fingerprint: createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16),
    digests: togetherOf(settings, context),
    send: tellerOf(settings, context, post),
  };
}

function tellerOf(
  settings: SinkSettings,
  { links, credential }: SinkContext,
  post: (request: SinkRequest) => Promise<SinkAnswer>,
): Sink['send'] {
  if (settings.format !== 'sentinel') {
    return (notification, now) => post(requestOf(notification, settings, links, now));
  }
  let identity: TokenCredential | undefined;
  return (notification, now) => {
    // One for all: it keeps its token.
    identity ??= credential(settings.clientId);
    return sendToSentinel(notification, settings, links, identity, new Date(now));
  };
}

/** What a sink is sent, without address and headers: no secret is in it. */
export function bodyOf(notification: Notification, settings: SinkSettings, links: Links, now: number): string {
  if (settings.format !== 'sentinel') return requestOf(notification, settings, links, now).body;
  return jsonText(notification.detections.map((detection) => sentinelRow(detection, links, new Date(now))));
}

/** The POST that tells a sink. */
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

/** The partitions of a run are scored apart, within a minute or so. */
const GATHER_MS = 60_000;

function togetherOf(settings: SinkSettings, { digestAbove }: SinkContext): DigestLimits | null {
  const digest = (above: number): DigestLimits => ({ above, atMost: 1000, shown: 10, waitMs: GATHER_MS });
  switch (settings.format) {
    case 'slack':
    case 'teams':
      return digest(settings.digestAbove ?? digestAbove);
    case 'json':
      return settings.digestAbove === undefined ? null : digest(settings.digestAbove);
    case 'ocsf':
      return null;
    case 'splunk-hec':
    case 'sentinel':
      // Rows: several go into one request, each of them whole.
      return { above: 1, atMost: 50, shown: 50, waitMs: 0 };
  }
}
