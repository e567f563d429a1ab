import { Webhook } from 'standardwebhooks';
import type { Detection } from '../../core/detections/detection.ts';
import type { Notification } from '../sink.ts';
import { DETAILS, detectionData } from './data.ts';
import { cutTo, fitted, jsonText, utf8BytesOf } from './escape.ts';
import type { Links } from './links.ts';
import type { SinkRequest } from './request.ts';
import type { SinkOf } from './settings.ts';

/** The maximum size of a payload that Standard Webhooks advises. */
export const JSON_BYTES = 20_000;

/**
 * The generic notification: JSON, signed by Standard Webhooks where the sink has a secret (standardwebhooks.com). Its
 * `webhook-id` is the same for each try to send one revision, so that a receiver can drop repeats.
 */
export function jsonRequest(notification: Notification, sink: SinkOf<'json'>, links: Links, now: Date): SinkRequest {
  const { id, detections, digest } = notification;
  const [first] = detections;
  const body = first && !digest ? single(first, links) : digestBody(notification);
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'webhook-id': id,
    ...signed(sink, id, now, body),
  };
  return { url: sink.url, body, headers };
}

const fits = (body: string) => utf8BytesOf(body) <= JSON_BYTES;

function single(detection: Detection, links: Links): string {
  // The time of the event, not of the try.
  const event = {
    type: detection.state === 'resolved' ? 'beacon.resolved' : 'beacon.detected',
    timestamp: detection.asOf,
  };
  return fitted(DETAILS, (detail) => jsonText({ ...event, data: detectionData(detection, links, detail) }), fits);
}

/** A digest: the main facts of each listed detection, and the number of the others. */
function digestBody({ id, detections, more }: Notification): string {
  const timestamp = detections
    .map(({ asOf }) => asOf)
    .sort()
    .at(-1);
  return fitted(
    [1024, 256, 64],
    (length) => {
      const cut = (text: string) => cutTo(text, length);
      const listed = detections.map((detection) => {
        const { id, notificationId, headline, severity, FirstConnection, LastConnection, ...data } = detectionData(
          detection,
          {},
        );
        const { DeviceName, InitiatingProcessFileName, RemoteIP, assessments, devices } = data;
        const { 'kql-rule': rule, regularity } = assessments;
        const names = {
          DeviceName: cut(DeviceName),
          InitiatingProcessFileName: cut(InitiatingProcessFileName),
          RemoteIP: cut(RemoteIP),
        };
        return {
          id,
          notificationId,
          headline,
          severity,
          FirstConnection,
          LastConnection,
          ...names,
          avg_conn_count: rule?.avg_conn_count ?? null,
          regularity: regularity?.regularity ?? null,
          interval: regularity?.interval ?? rule?.interval?.seconds ?? null,
          devices,
        };
      });
      return jsonText({
        type: 'beacon.digest',
        timestamp,
        data: { id, count: listed.length + more, more, detections: listed },
      });
    },
    fits,
  );
}

/** The signature headers: one signature for each secret, so that a receiver can rotate its secret at any time. */
function signed(sink: SinkOf<'json'>, id: string, now: Date, body: string): Record<string, string> {
  if (sink.secret === undefined) return {};
  const secrets = typeof sink.secret === 'string' ? [sink.secret] : sink.secret;
  return {
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' '),
  };
}
