import { describe, expect, it } from 'vitest';
import { detectionText } from '../../../../src/cli/commands/detection_text.ts';
import { defenderQuery, sentinelQuery } from '../../../../src/core/detections/hunting_queries.ts';
import { bodyOf } from '../../../../src/notify/sinks/messages.ts';
import { syntheticDetection } from '../../../../src/notify/sinks/synthetic.ts';
import { NOW, one, SINKS } from '../../../support/sinks/samples.ts';

const SHA1 = '3f786850e387550fdab836ed7e6dc881de23001b';
const SHA256 = 'a'.repeat(64);
const { traffic, ...plain } = syntheticDetection(NOW.getTime());
const bodies = (sha1: readonly string[], sha256: readonly string[]) =>
  Object.values(SINKS).map((sink) => {
    const body = bodyOf(one({ ...plain, traffic: { ...traffic, sha1, sha256 } }), sink, {}, NOW.getTime());
    return [sink.format, body] as const;
  });

describe('the hash of a program reaches an analyst by every sink', () => {
  it.each(bodies([SHA1], []))('%s: SHA-1 alone, as Defender has it mostly', (_, body) => {
    expect(body).toContain(SHA1);
  });

  it.each(bodies([SHA1], [SHA256]))('%s: both, where the telemetry has both', (_, body) => {
    expect(body).toContain(SHA1);
    expect(body).toContain(SHA256);
  });

  it('ocsf names the algorithm of each', () => {
    const hashesOf = (sha1: readonly string[], sha256: readonly string[]) =>
      JSON.parse(Object.fromEntries(bodies(sha1, sha256))['ocsf'] ?? '').evidences[0].file.hashes;
    const first = { algorithm_id: 2, algorithm: 'SHA-1', value: SHA1 };
    const second = { algorithm_id: 3, algorithm: 'SHA-256', value: SHA256 };
    expect(hashesOf([SHA1], [SHA256])).toEqual([first, second]);
    expect(hashesOf([SHA1], [])).toEqual([first]);
    expect(hashesOf([], [])).toBeUndefined();
  });

  it('sentinel has a column for each', () => {
    const [row] = JSON.parse(Object.fromEntries(bodies([SHA1], [SHA256]))['sentinel'] ?? '');
    expect(row).toMatchObject({ InitiatingProcessSHA1: SHA1, InitiatingProcessSHA256: SHA256 });
  });
});

it('`detections show` has both hashes', () => {
  const queries = { defender: defenderQuery(plain), sentinel: sentinelQuery(plain) };
  const detail = { id: '', deliveries: {}, verdict: null, latestReports: [], queries };
  const text = detectionText({ ...plain, traffic: { ...traffic, sha1: [SHA1], sha256: [SHA256] }, ...detail });
  expect(text).toMatch(new RegExp(`\\nSHA-1 +${SHA1}\\n`));
  expect(text).toMatch(new RegExp(`\\nSHA-256 +${SHA256}\\n`));
});

it('the synthetic detection of docs and previews looks like Defender data: SHA-1 alone', () => {
  expect(traffic).toMatchObject({ sha1: [SHA1], sha256: [] });
});
