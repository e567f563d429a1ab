import { Webhook } from 'standardwebhooks';
import { type Detection, detectionIdOf, notificationIdOf } from '../core/detection.ts';
import type { SinkRequest } from './request.ts';
import type { SinkSettings } from './settings.ts';

type JsonSink = Extract<SinkSettings, { format: 'json' }>;

/**
 * The generic notification: JSON, signed by Standard Webhooks where the sink has a secret (standardwebhooks.com). Its
 * `webhook-id` is the same for every try to tell one change, so that a receiver can tell tries from changes.
 */
export function jsonRequest(detection: Detection, sink: JsonSink, now: Date): SinkRequest {
  const id = notificationIdOf(detection);
  const body = JSON.stringify(jsonBody(detection));
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'webhook-id': id,
    ...signed(sink, id, now, body),
  };
  return { url: sink.url, body, headers };
}

/** The message: the rule's row under the rule's own names, and what is behind it. */
function jsonBody(detection: Detection) {
  const { groupId, detector, state, episode, change, asOf, devices, evidence } = detection;
  return {
    type: 'beacon.detected',
    // Of the event, not of the try.
    timestamp: asOf,
    data: {
      id: detectionIdOf(detection),
      groupId,
      detector,
      state,
      episode,
      change,
      asOf,
      tactic: { id: 'TA0011', name: 'Command and Control' },
      source: detection.source,
      FirstConnection: detection.FirstConnection,
      LastConnection: detection.LastConnection,
      DeviceName: detection.DeviceName,
      InitiatingProcessFileName: detection.InitiatingProcessFileName,
      RemoteIP: detection.RemoteIP,
      count_of_hours: detection.count_of_hours,
      inliner_count: detection.inliner_count,
      outlier_count: detection.outlier_count,
      avg_conn_count: detection.avg_conn_count,
      devices,
      evidence,
    },
  };
}

/** The signature headers: one signature for each secret, so that a receiver can change its own in its own time. */
function signed(sink: JsonSink, id: string, now: Date, body: string): Record<string, string> {
  if (sink.secret === undefined) return {};
  const secrets = typeof sink.secret === 'string' ? [sink.secret] : sink.secret;
  return {
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' '),
  };
}
