import type { Detection } from '../../core/detections/detection.ts';
import { msOf } from '../../core/kql/timestamp.ts';
import type { Notification } from '../sink.ts';
import { DETAILS, detectionData } from './data.ts';
import { fitted, jsonText, utf8BytesOf } from './escape.ts';
import type { Links } from './links.ts';
import type { SinkRequest } from './request.ts';
import type { SinkOf } from './settings.ts';

/** Splunk extracts fields from the first 10,240 characters of an event (limits.conf, `[kv] maxchars`). */
export const SPLUNK_EVENT_BYTES = 10_000;

/** Events for Splunk's HTTP Event Collector, one line for each detection. */
export function splunkRequest({ detections }: Notification, sink: SinkOf<'splunk-hec'>, links: Links): SinkRequest {
  const body = detections.map((detection) => eventOf(detection, sink, links)).join('\n');
  const headers = { 'content-type': 'application/json; charset=utf-8', authorization: `Splunk ${sink.token}` };
  return { url: sink.url, body, headers };
}

function eventOf(detection: Detection, { sourcetype, index }: SinkOf<'splunk-hec'>, links: Links): string {
  const about = {
    time: msOf(detection.asOf) / 1000,
    source: 'beaconwatch',
    sourcetype,
    ...(index !== undefined && { index }),
  };
  return fitted(
    DETAILS,
    (detail) => jsonText({ ...about, event: detectionData(detection, links, detail) }),
    (text) => utf8BytesOf(text) <= SPLUNK_EVENT_BYTES,
  );
}
