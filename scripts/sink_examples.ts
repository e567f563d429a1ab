import { escapeJson } from '../src/core/text/escape.ts';
import type { Notification } from '../src/notify/sink.ts';
import { bodyOf } from '../src/notify/sinks/messages.ts';
import type { SinkSettings } from '../src/notify/sinks/settings.ts';
import { syntheticDetection } from '../src/notify/sinks/synthetic.ts';

const NOW = Date.parse('2026-11-20T09:45:00Z');
const LINKS = {
  'Address reputation': 'https://reputation.example/ip/{RemoteIP}',
};
const url = 'https://example.com/';
export const SINKS: readonly SinkSettings[] = [
  { name: 'json', format: 'json', url },
  { name: 'slack', format: 'slack', url },
  { name: 'teams', format: 'teams', url },
  { name: 'ocsf', format: 'ocsf', url },
  { name: 'splunk', format: 'splunk-hec', url, token: 'x', sourcetype: 'beaconwatch:detection' },
  {
    name: 'sentinel',
    format: 'sentinel',
    endpoint: url,
    ruleId: `dcr-${'0'.repeat(32)}`,
    stream: 'Custom-Beaconwatch_CL',
  },
];
const WITH_DIGESTS = ['json', 'slack', 'teams'];

const PROCESSES = [
  'updater.exe',
  'sync-agent.exe',
  'mshta.exe',
  'helper.exe',
  'rundll32.exe',
  'node.exe',
  'report.exe',
];
const seven = PROCESSES.map((InitiatingProcessFileName, n) =>
  syntheticDetection(NOW, {
    groupId: `${n}c1a0f3e52d94b6688aa01c2d3e4f506`,
    InitiatingProcessFileName,
    DeviceName: `wks-${String(417 + 31 * n).padStart(4, '0')}.corp.example`,
    RemoteIP: `203.0.113.${77 + n}`,
    severity: n < 2 ? 'high' : n < 5 ? 'medium' : 'low',
  }),
);

const owner = { asn: 64_496, organisation: 'Example Hosting', country: 'NL' };
const single: Notification = { id: '', detections: [syntheticDetection(NOW, { owner })], more: 0, digest: false };
const digest: Notification = { id: `digest|${'0'.repeat(32)}`, detections: seven, more: 37, digest: true };

/** What a sink of each format is sent of one fictional detection, and of a digest, by the name of a file. */
export function sinkExamples(): Record<string, string> {
  const pretty = (body: string) => `${inertLines(JSON.stringify(JSON.parse(body), null, 2))}\n`;
  const files = SINKS.flatMap((sink) => [
    [`${sink.name}.json`, pretty(bodyOf(single, sink, LINKS, NOW))],
    ...(WITH_DIGESTS.includes(sink.name)
      ? [[`${sink.name}-digest.json`, pretty(bodyOf(digest, sink, LINKS, NOW))]]
      : []),
  ]);
  return Object.fromEntries(files) as Record<string, string>;
}

/** The body of a message on one line, inert in an editor or a terminal. */
export function messageBody(notification: Notification, sink: SinkSettings, now: number): string {
  return escapeJson(JSON.stringify(JSON.parse(bodyOf(notification, sink, LINKS, now))));
}

function inertLines(text: string): string {
  return text.split('\n').map(escapeJson).join('\n');
}
