import { type Detection, notificationIdOf } from '../../../src/core/detections/detection.ts';
import type { Notification } from '../../../src/notify/sink.ts';
import type { SinkContext } from '../../../src/notify/sinks/open.ts';
import type { SinkOf, SinkSettings } from '../../../src/notify/sinks/settings.ts';

export const NOW = new Date('2026-11-20T09:45:12.987Z');
export const URL_SECRET = 'https://receiver.example/hook?sig=seeded-url-secret';
export const TOKEN = 'seeded-token-0123456789';
export const secretOf = (byte: number, length = 32) => `whsec_${Buffer.alloc(length, byte).toString('base64')}`;

/** No links, digests above five, and an identity that always has a token. */
export const CONTEXT: SinkContext = Object.freeze({
  links: {},
  digestAbove: 5,
  credential: () => ({
    getToken: async () => ({ token: 'seeded-access-token', expiresOnTimestamp: Date.now() + 3_600_000 }),
  }),
});

/** A sink of each format, with a secret wherever one can be. */
export const SINKS: { readonly [F in SinkSettings['format']]: SinkOf<F> } = Object.freeze({
  json: { name: 'soar', format: 'json', url: URL_SECRET, secret: secretOf(7) },
  slack: { name: 'slack', format: 'slack', url: URL_SECRET },
  teams: { name: 'teams', format: 'teams', url: URL_SECRET },
  ocsf: { name: 'lake', format: 'ocsf', url: URL_SECRET, token: TOKEN },
  'splunk-hec': {
    name: 'splunk',
    format: 'splunk-hec',
    url: URL_SECRET,
    token: TOKEN,
    sourcetype: 'beaconwatch:detection',
  },
  sentinel: {
    name: 'sentinel',
    format: 'sentinel',
    endpoint: 'https://seeded-endpoint.ingest.example',
    ruleId: `dcr-${'0123456789abcdef'.repeat(2)}`,
    stream: 'Custom-Beaconwatch_CL',
  },
});

/** Of one detection by itself. */
export function one(detection: Detection): Notification {
  return { id: notificationIdOf(detection), detections: [detection], more: 0, digest: false };
}

/** A digest that shows these, of more. */
export function digest(detections: readonly Detection[], more: number): Notification {
  return { id: `digest|${'0'.repeat(32)}`, detections, more, digest: true };
}
