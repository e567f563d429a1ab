import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { openSink } from '../../../../src/notify/sinks/open.ts';
import type { SinkRequest } from '../../../../src/notify/sinks/request.ts';
import type { SinkOf } from '../../../../src/notify/sinks/settings.ts';
import { detection } from '../../../contract/samples.ts';
import { CONTEXT, one, SINKS } from '../../../support/sinks/samples.ts';

const SECRET = `whsec_${Buffer.from('seeded signing secret, 24+ bytes').toString('base64')}`;
const SETTINGS: SinkOf<'json'> = {
  name: 'soar',
  format: 'json',
  url: 'https://receiver.example/hook?sig=seeded-url-secret',
  secret: SECRET,
};
const NOW = Date.parse('2026-11-20T09:45:00.000Z');

describe('openSink(settings, post)', () => {
  it('notifies by one request to the address of its settings, as of then, and gives back the answer', async () => {
    const requests: SinkRequest[] = [];
    const sink = openSink(SETTINGS, CONTEXT, async (request) => {
      requests.push(request);
      return { kind: 'gone', answer: '410' };
    });
    expect(await sink.send(one(detection()), NOW)).toEqual({ kind: 'gone', answer: '410' });
    expect(requests).toHaveLength(1);
    expect(requests[0]?.url).toBe(SETTINGS.url);
    expect(JSON.parse(requests[0]?.body ?? '')).toMatchObject({ type: 'beacon.detected' });
  });

  it('asks for its credential again with the next message where it failed', async () => {
    let asked = 0;
    const credential = () => {
      asked++;
      throw new Error('no identity yet');
    };
    const sink = openSink(SINKS.sentinel, { ...CONTEXT, credential });
    for (const _message of [1, 2, 3]) await expect(sink.send(one(detection()), NOW)).rejects.toThrow('no identity yet');
    expect(asked).toBe(3);
  });

  it('has a fingerprint that follows from the settings, and is another for each change of them', () => {
    const of = (changes: Partial<SinkOf<'json'>>) => openSink({ ...SETTINGS, ...changes }, CONTEXT).fingerprint;
    expect(of({})).toBe(of({}));
    const { secret: _secret, ...unsigned } = SETTINGS;
    const all = [
      of({}),
      of({ name: 'chat' }),
      of({ url: `${SETTINGS.url}2` }),
      of({ minSeverity: 'low' }),
      of({ secret: [SECRET] }),
      of({ secret: [SECRET, SECRET] }),
      openSink(unsigned, CONTEXT).fingerprint,
    ];
    expect(new Set(all).size).toBe(all.length);
    for (const fingerprint of all) expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
  });

  it('receives medium and high by default, and what its settings say', () => {
    expect(openSink(SETTINGS, CONTEXT)).toMatchObject({ minSeverity: 'medium' });
    expect(openSink(SETTINGS, CONTEXT)).not.toHaveProperty('sources');
    const scope: Partial<SinkOf<'json'>> = { minSeverity: 'low', sources: ['wfp'], detectors: ['kql-rule'] };
    expect(openSink({ ...SETTINGS, ...scope }, CONTEXT)).toMatchObject(scope);
  });

  it('shows nothing of its address and its secret where it is logged', () => {
    const sink = openSink(SETTINGS, CONTEXT);
    const shown = inspect(sink, { depth: null, showHidden: true }) + JSON.stringify(sink);
    expect(sink.name).toBe('soar');
    expect(shown).not.toContain('seeded');
    expect(shown).not.toContain(SECRET.slice('whsec_'.length));
  });
});
