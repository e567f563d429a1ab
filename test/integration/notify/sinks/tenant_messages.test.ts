import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { DRAWN, TEN, tenantMessages, tenDetections } from '../../../../scripts/tenant_messages.ts';
import type { Detection } from '../../../../src/core/detections/detection.ts';

/** With the query of each link to the portal as text: other versions of Node may compress it in another way. */
function unzipped(text: string): string {
  return text.replace(/(?<=advanced-hunting\?query=)[\w-]+/g, (base64) =>
    JSON.stringify(gunzipSync(Buffer.from(base64, 'base64url')).toString('utf16le')),
  );
}

const stored = (name: string) => readFile(new URL(`../../../../docs/sinks/examples/${name}`, import.meta.url));

describe('the ten messages of the synthetic tenant', () => {
  let detections: readonly Detection[];
  beforeAll(async () => {
    detections = await tenDetections();
  });

  it('are of different kinds', () => {
    expect(detections.map(({ RemoteIP, severity }) => `${severity} ${RemoteIP}`)).toEqual([
      'high 203.0.113.1',
      'high 203.0.113.13',
      'high 203.0.113.9',
      'high 203.0.113.8',
      'medium 203.0.113.18',
      'medium *',
      'medium 203.0.113.19',
      'medium 2001:db8:4c:1::77',
      'low 198.51.100.20',
      'low 192.0.2.102',
    ]);
    const ways = detections.map(({ assessments }) => assessments.regularity?.way ?? 'kql-rule');
    expect(new Set(ways)).toEqual(new Set(['score', 'process', 'session', 'kql-rule']));
  });

  it('are what is sent today (node scripts/write-sink-examples.ts writes them)', async () => {
    const made = Object.entries(tenantMessages(detections));
    expect(made).toHaveLength(6);
    for (const [name, text] of made) {
      expect(text.split('\n')).toHaveLength(TEN.length + 1);
      expect(unzipped(String(await stored(name))), name).toBe(unzipped(text));
    }
  });

  it.each(DRAWN.flatMap((kind) => [kind, `${kind}-phone`]))('of %s have a picture', async (name) => {
    const picture = await stored(`tenant-${name}.png`);
    expect(picture.subarray(1, 4).toString()).toBe('PNG');
    expect(picture.length).toBeGreaterThan(20_000);
  });
});
