import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defenderQuery } from '../../../../src/core/detections/hunting_queries.ts';
import { NO_TRAFFIC } from '../../../../src/core/detections/traffic.ts';
import { portalLinksOf, queryUrl } from '../../../../src/notify/sinks/portal_links.ts';
import { synthetic } from '../../../support/detections.ts';
import { tries } from '../../../support/effort.ts';

const NOW = Date.parse('2026-11-20T09:45:00Z');

const TRAFFIC = synthetic(NOW).traffic;

/** As the portal reads it. */
function queryOf(url: string): string {
  const base64 = new URL(url).searchParams.get('query') ?? '';
  return gunzipSync(Buffer.from(base64, 'base64url')).toString('utf16le');
}

describe('portalLinksOf(detection)', () => {
  it('opens the query of the message, and the device', () => {
    const detection = synthetic(NOW);
    const [run, device] = portalLinksOf(detection);
    expect(run?.label).toBe('Run in Defender');
    expect(queryOf(run?.url ?? '')).toBe(defenderQuery(detection));
    const page = 'https://security.microsoft.com/machines/v2/5e0f7b2a9c1d4e6f8a0b3c5d7e9f1a2b4c6d8e0f/overview';
    expect(device).toEqual({ label: 'Device in Defender', url: page });
  });

  it('searches for the name of a device without an id, or with one that is none', () => {
    for (const deviceIds of [[], ['../../x'], ['5E0F']]) {
      const [, device] = portalLinksOf(synthetic(NOW, { traffic: { ...TRAFFIC, deviceIds } }));
      expect(device?.url).toBe('https://security.microsoft.com/machines?q=wks-0417.corp.example');
    }
  });

  it('has none for telemetry that Defender does not have', () => {
    for (const source of ['sysmon', 'wfp', 'zeek'] as const)
      expect(portalLinksOf(synthetic(NOW, { source }))).toEqual([]);
  });

  it('has none that no browser opens, or that searches for nothing', () => {
    const random = Array.from({ length: 1024 }, (_, n) => String.fromCharCode(0x4e00 + ((n * 7919) % 20_000))).join('');
    expect(portalLinksOf(synthetic(NOW, { DeviceName: random, traffic: NO_TRAFFIC }))).toEqual([]);
    expect(portalLinksOf(synthetic(NOW, { DeviceName: '', traffic: NO_TRAFFIC })).map(({ label }) => label)).toEqual([
      'Run in Defender',
    ]);
  });
});

describe('queryUrl(query)', () => {
  it('holds any query, in characters that no format reads as markup', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (query) => {
        expect(queryOf(queryUrl(query))).toBe(query);
        expect(queryUrl(query)).toMatch(/^https:\/\/security\.microsoft\.com\/v2\/advanced-hunting\?query=[\w-]+$/);
      }),
      { numRuns: tries(50, 500) },
    );
  });
});
