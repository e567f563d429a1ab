import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Detection } from '../../../../src/core/detections/detection.ts';
import { defenderQuery, sentinelQuery } from '../../../../src/core/detections/hunting_queries.ts';
import * as json from '../../../../src/notify/sinks/json.ts';
import type { SinkRequest } from '../../../../src/notify/sinks/request.ts';
import type { SinkOf } from '../../../../src/notify/sinks/settings.ts';
import { anyText, detection, groupId, HOSTILE_NAMES, T2 } from '../../../contract/samples.ts';
import type { DetectionChanges } from '../../../support/detections.ts';
import { tries } from '../../../support/effort.ts';
import { NOW, one, SINKS, secretOf, URL_SECRET } from '../../../support/sinks/samples.ts';

const sink = (changes: Partial<SinkOf<'json'>> = {}): SinkOf<'json'> => Object.freeze({ ...SINKS.json, ...changes });
const jsonRequest = (of: Detection, to: SinkOf<'json'>, now: Date) => json.jsonRequest(one(of), to, {}, now);

/**
 * Written from the specification, without the library: `webhook-signature` is a list, with spaces between, of
 * `v1,<base64 of HMAC-SHA256>` over `id.timestamp.body`; the key is what the base64 after `whsec_` stands for.
 */
function isSignedWith(secret: string, { headers, body }: SinkRequest): boolean {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const wanted = `v1,${createHmac('sha256', key).update(signed, 'utf8').digest('base64')}`;
  return (headers['webhook-signature'] ?? '').split(' ').includes(wanted);
}

describe('the check of these tests', () => {
  it('takes the example of the specification’s own test suite, and not another body', () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    const request = { url: '', headers, body: '{"test": 2432232314}' };
    expect(isSignedWith(secret, request)).toBe(true);
    expect(isSignedWith(secret, { ...request, body: '{"test": 2432232315}' })).toBe(false);
  });
});

describe('jsonRequest(detection, sink, now)', () => {
  it('goes to the address of the sink, and says neither it nor the secret', () => {
    const { url, headers, body } = jsonRequest(detection(), sink(), NOW);
    expect(url).toBe(URL_SECRET);
    const said = JSON.stringify([headers, body]);
    expect(said).not.toContain('seeded-url-secret');
    expect(said).not.toContain('receiver.example');
    expect(said).not.toContain(secretOf(7).slice('whsec_'.length));
  });

  it('names what it is, as of when, and the rule’s nine columns under their names', () => {
    const { headers, body } = jsonRequest(detection({ episode: T2, revision: 3, state: 'ongoing' }), sink(), NOW);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(body)).toEqual({
      type: 'beacon.detected',
      timestamp: detection().asOf,
      data: {
        id: groupId(1),
        notificationId: `${groupId(1)}|${T2}|3`,
        headline: 'HIGH: beacon changed, every 60 s, 1 of 200 devices',
        groupId: groupId(1),
        detectors: ['kql-rule'],
        state: 'ongoing',
        episode: T2,
        revision: 3,
        revisionReason: '',
        asOf: '2026-11-20T09:00:00.0000000Z',
        severity: 'high',
        severityReason: detection().severityReason,
        known: detection().known,
        programHash: detection().programHash,
        tactic: { id: 'TA0011', name: 'Command and Control' },
        technique: detection().technique,
        source: 'defender',
        FirstConnection: '2026-11-20T08:00:00.0000000Z',
        LastConnection: '2026-11-23T07:00:00.0000000Z',
        DeviceName: 'wks-0417.corp.example',
        InitiatingProcessFileName: 'updater.exe',
        RemoteIP: '203.0.113.77',
        assessments: detection().assessments,
        devices: 1,
        owner: null,
        fleetDevices: 200,
        otherProcesses: detection().otherProcesses,
        traffic: detection().traffic,
        episodes: detection().episodes,
        links: [
          { label: 'Run in Defender', url: expect.any(String) },
          { label: 'Device in Defender', url: expect.any(String) },
        ],
        queries: { defender: defenderQuery(detection()), sentinel: sentinelQuery(detection()) },
        hours: detection().hours,
        days: detection().days,
        omitted: [],
      },
    });
  });

  it('has one id for each revision: of detection, episode and change alone', () => {
    const idOf = (changes: DetectionChanges, at = NOW, to = sink()) =>
      jsonRequest(detection(changes), to, at).headers['webhook-id'];
    const id = idOf({});
    expect(id).toBe(`${groupId(1)}|2026-11-20T09:00:00.0000000Z|1`);
    expect(idOf({ asOf: T2, lastMatched: T2, count_of_hours: 73, state: 'ongoing' })).toBe(id);
    expect(idOf({}, new Date(0))).toBe(id);
    const others = [idOf({ revision: 2 }), idOf({ episode: T2 }), idOf({ groupId: groupId(2) })];
    expect(new Set([id, ...others]).size).toBe(4);
  });

  it.each([24, 32, 63, 64])('is signed as Standard Webhooks say, with a secret of %i bytes', (length) => {
    const secret = secretOf(255, length);
    const request = jsonRequest(detection(), sink({ secret }), NOW);
    expect(request.headers['webhook-timestamp']).toBe('1795167912');
    expect(request.headers['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
    expect(isSignedWith(secret, request)).toBe(true);
  });

  it('is not signed with another secret, nor for another body, id or time', () => {
    const request = jsonRequest(detection(), sink(), NOW);
    const { headers, body } = request;
    expect(isSignedWith(secretOf(8), request)).toBe(false);
    expect(isSignedWith(secretOf(7), { ...request, body: body.replace('203.0.113.77', '203.0.113.78') })).toBe(false);
    expect(isSignedWith(secretOf(7), { ...request, headers: { ...headers, 'webhook-id': 'another' } })).toBe(false);
    const later = { ...headers, 'webhook-timestamp': '1795167913' };
    expect(isSignedWith(secretOf(7), { ...request, headers: later })).toBe(false);
  });

  it('has a signature of each secret while they are rotated', () => {
    const request = jsonRequest(detection(), sink({ secret: [secretOf(7), secretOf(8)] }), NOW);
    expect(request.headers['webhook-signature']?.split(' ')).toHaveLength(2);
    expect(isSignedWith(secretOf(7), request)).toBe(true);
    expect(isSignedWith(secretOf(8), request)).toBe(true);
    expect(isSignedWith(secretOf(9), request)).toBe(false);
  });

  it('has an id, and no signature, where the sink has no secret', () => {
    const { secret: _secret, ...unsigned } = sink();
    const { headers } = jsonRequest(detection(), unsigned, NOW);
    expect(Object.keys(headers).sort()).toEqual(['content-type', 'webhook-id']);
  });

  it.each(HOSTILE_NAMES)('is JSON of the names as they are, signed, however hostile: %j', (name) => {
    const names = { DeviceName: name, InitiatingProcessFileName: name };
    const request = jsonRequest(detection(names), sink(), NOW);
    // Other than JavaScript's, UTF-8 has no lone surrogates: they must not be in the body as it is.
    expect(request.body.isWellFormed()).toBe(true);
    // Nor behind an escape: a strict reader refuses the message for one. Stored names have none.
    const wellFormed = { DeviceName: name.toWellFormed(), InitiatingProcessFileName: name.toWellFormed() };
    expect(JSON.parse(request.body).data).toMatchObject(wellFormed);
    expect(isSignedWith(secretOf(7), request)).toBe(true);
  });

  it('is JSON of any text, and its headers say nothing of it', () => {
    fc.assert(
      fc.property(anyText, anyText, (DeviceName, InitiatingProcessFileName) => {
        const names = { DeviceName, InitiatingProcessFileName };
        const request = jsonRequest(detection(names), sink(), NOW);
        expect(JSON.parse(Buffer.from(request.body, 'utf8').toString()).data).toMatchObject({
          DeviceName: DeviceName.toWellFormed(),
          InitiatingProcessFileName: InitiatingProcessFileName.toWellFormed(),
        });
        expect(isSignedWith(secretOf(7), request)).toBe(true);
        for (const value of Object.values(request.headers)) expect(value).toMatch(/^[\x20-\x7e]+$/);
        expect(request.headers['webhook-id']).toBe(jsonRequest(detection(), sink(), NOW).headers['webhook-id']);
      }),
      { numRuns: tries(60, 600) },
    );
  });
});
