import type { TokenCredential } from '@azure/identity';
import type { Notification, Sink, SinkAnswer } from '../sink.ts';
import { jsonText } from './escape.ts';
import { jsonRequest } from './json.ts';
import type { Links } from './links.ts';
import { ocsfRequest } from './ocsf.ts';
import type { SinkRequest } from './request.ts';
import { sendToSentinel } from './sentinel.ts';
import { sentinelRow } from './sentinel_row.ts';
import type { SinkSettings } from './settings.ts';
import { slackRequest } from './slack.ts';
import { splunkRequest } from './splunk.ts';
import { teamsRequest } from './teams.ts';

/** What every message needs. */
export interface MessageContext {
  readonly links: Links;
  /** The app's identity, or the user-assigned one of that client id. */
  readonly credential: (clientId: string | undefined) => TokenCredential;
}

export type Post = (request: SinkRequest) => Promise<SinkAnswer>;

export function senderOf(settings: SinkSettings, { links, credential }: MessageContext, post: Post): Sink['send'] {
  if (settings.format !== 'sentinel') {
    return (notification, now) => post(requestOf(notification, settings, links, now));
  }
  // One credential for all messages: it caches its token.
  const identity = credential(settings.clientId);
  return (notification, now) => sendToSentinel(notification, settings, links, identity, new Date(now));
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
