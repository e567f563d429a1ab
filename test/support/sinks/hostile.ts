import fc from 'fast-check';
import type { Detection } from '../../../src/core/detections/detection.ts';
import { trafficLists } from '../../../src/core/detections/traffic.ts';
import type { Hour } from '../../../src/core/kql/bin.ts';
import { syntheticDetection } from '../../../src/notify/sinks/synthetic.ts';
import { HOSTILE_NAMES } from '../../contract/samples.ts';
import { changed, regular, ruleOf } from '../detections.ts';
import { NOW } from './samples.ts';

/** What somebody may name a device, a process, an account or an address, so that it acts in a chat, a card or a SIEM. */
export const HOSTILE = [
  ...HOSTILE_NAMES,
  '<!channel>',
  '<!here|here>',
  '<@U012AB3CD>',
  '@everyone @channel <at>everyone</at>',
  '<https://evil.example|Open the report>',
  '[x](javascript:alert(1))',
  '[Open in Defender](https://evil.example/login)',
  '![x](https://evil.example/pixel.png)',
  'https://evil.example/click',
  '*bold* _it_ ~no~ `code` ```block```',
  '# heading\n- item\n1. item\n\n---\n> quote',
  '<img src=x onerror=alert(1)><script>alert(1)</script>',
  '&lt;b&gt; &amp; <b>&</b>',
  ':rotating_light: :+1:',
  '{{DATE(2026-11-20T09:00:00Z,SHORT)}} {{{TIME(2026-11-20T09:00:00Z)}}}',
  '$' + '{card.title} $' + '{if(true,"x","y")}',
  "=cmd|' /C calc'!A0",
  '@SUM(1+1)*cmd',
  '\u001b[31mred\u001b[0m\u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007',
  'gnp.exe\u202egpj.exe\u202c',
  'a\u200bb\u2060c\ufeffd\u00ade',
  'line one\r\nline two\u2028three\u2029four\u0085five',
  "'; rm -rf ~ #`id`$(id)\\",
  '"); drop table x; let y = h"',
  '\u{e0041}\u{e0042}\u{e007f}',
  '..',
  '../../evil',
  '%2e%2e/%00',
  '\ud83d',
  'x'.repeat(1024),
  '\u202e'.repeat(1024),
  '"\\'.repeat(512),
  '{'.repeat(1024),
  '\u{1f600}'.repeat(512),
];

/** Any text of UTF-16 units, alone and around something hostile. */
export const hostileText: fc.Arbitrary<string> = fc
  .tuple(fc.string({ unit: 'binary', maxLength: 60 }), fc.constantFrom(...HOSTILE), fc.constantFrom(0, 1, 2, 3))
  .map(([text, hostile, how]) => [text, hostile, text + hostile, hostile + text][how] ?? '');

const few = (length: number) => fc.array(hostileText, { maxLength: length });

/** A detection of which every text that comes from the telemetry is hostile, and every list as long as it gets. */
export const hostileDetection: fc.Arbitrary<Detection> = fc
  .record({
    DeviceName: hostileText,
    InitiatingProcessFileName: hostileText,
    RemoteIP: fc.oneof({ arbitrary: hostileText, weight: 4 }, fc.constant('*')),
    remoteIPs: fc.option(few(10), { nil: null }),
    otherProcesses: few(10),
    owner: fc.option(fc.record({ asn: fc.nat(2 ** 31), organisation: hostileText, country: hostileText }), {
      nil: null,
    }),
    lists: fc.record(trafficLists(() => few(5))),
    ports: fc.array(fc.record({ port: fc.nat(65_535), reports: fc.nat(500) }), { maxLength: 10 }),
    points: fc.constantFrom(0, 1, 72, 500),
    state: fc.constantFrom('new' as const, 'ongoing' as const, 'resolved' as const),
    revision: fc.nat(3),
    severity: fc.constantFrom('low' as const, 'medium' as const, 'high' as const),
    source: fc.constantFrom('defender' as const, 'defender-raw' as const, 'sysmon' as const, 'wfp' as const),
    technique: fc.constantFrom(null, { id: 'T1071.001', name: 'Web Protocols' }, { id: 'T1071', name: '' }),
    interval: fc.constantFrom(null, { seconds: 1 / 3, deviation: 0.1 + 0.2 }),
    devices: fc.nat(100_000),
    fleetDevices: fc.constantFrom(null, 0, 200, 100_000),
    hours: fc.constantFrom(72, 0, 1).map((length) => Array.from({ length }, (_, n) => (n % 5 === 0 ? null : n * 1e8))),
    revisionReason: fc.constantFrom('', 'The average rose.'),
  })
  .map(({ points, owner, remoteIPs, lists, ports, ...rest }) => {
    const base = syntheticDetection(NOW.getTime());
    const each = <T>(value: T): T[] => Array.from({ length: points }, () => value);
    const detection = changed(base, {
      ...rest,
      traffic: { ...base.traffic, ports, ...lists },
      evidence: {
        ...ruleOf(base).evidence,
        Timestamp: each('2026-11-20T08:00:00.0000000Z' as Hour),
        ConnCounts: each(2_147_483_647),
        flags: each(-1),
        scores: each(-1.2345678901234567e-100),
        baseline: each(98765.43210987654),
      },
    });
    const regularity = remoteIPs && regular({ way: 'process', addresses: remoteIPs.length, remoteIPs });
    return { ...detection, ...(owner && { owner }), assessments: { ...detection.assessments, regularity } };
  });

/** Controls, ends of lines, marks that turn the direction of writing, zero-width ones, halves of pairs. */
export const ACTING =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]/u;

/** Everything in a JSON value: objects, arrays and texts, with the name that they stand under. */
export function* within(value: unknown, name = ''): Generator<{ readonly name: string; readonly value: unknown }> {
  yield { name, value };
  if (typeof value !== 'object' || value === null) return;
  for (const [member, each] of Object.entries(value)) yield* within(each, Array.isArray(value) ? name : member);
}
