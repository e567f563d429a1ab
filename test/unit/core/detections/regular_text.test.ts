import { describe, expect, it } from 'vitest';
import { detectionText } from '../../../../src/cli/commands/detection_text.ts';
import { defenderQuery, sentinelQuery } from '../../../../src/core/detections/hunting_queries.ts';
import { matchReasonOf } from '../../../../src/core/detections/match_reason.ts';
import { messageOf } from '../../../../src/core/detections/message.ts';
import { regularPaceOf, regularReasonOf } from '../../../../src/core/detections/regular_text.ts';
import { suppressCommand } from '../../../../src/core/detections/suppress_command.ts';
import { SOURCES } from '../../../../src/core/records/report.ts';
import { onlyRegular, regular, synthetic } from '../../../support/detections.ts';

const NOW = Date.parse('2026-11-20T09:45:12.987Z');
const SESSION = { way: 'session', session: { p: 1 / 3333, n: 9, mean: 30.02 }, interval: 120 } as const;
const PROCESS = { way: 'process', session: null, addresses: 46, remoteIPs: ['203.0.113.1', '203.0.113.2'] } as const;

describe('a match of regularity as text', () => {
  it('by score', () => {
    expect(regularPaceOf(regular())).toBe('about every 272 s (195–349 s), in 72 of 72 hours with the device on');
    expect(regularReasonOf(regular())).toBe('score 0.91 (spread is 3 % of chance), 951 connections');
  });

  it('by session', () => {
    expect(regularPaceOf(regular(SESSION))).toMatch(/^about every 120 s .*: 30 per hour for 9 whole hours$/);
    expect(regularReasonOf(regular(SESSION))).toMatch(/; chance makes one of 3,300 groups so even$/);
  });

  it('of a process', () => {
    expect(regularPaceOf(regular(PROCESS))).toMatch(/, over 46 addresses that few devices use, in 72 of 72 hours/);
  });
});

describe('a detection of regularity alone', () => {
  const only = onlyRegular(synthetic(NOW));
  const text = (detection = only) =>
    detectionText({
      ...detection,
      ...{ id: '', deliveries: {}, verdict: null, latestReports: [], queries: { defender: '', sentinel: '' } },
    });

  it('has a message without a figure of the KQL rule', () => {
    const { facts, figures, sentence } = messageOf(only);
    expect(figures.map(({ label }) => label)).toEqual(['Every', 'Devices there', 'Regularity', 'Outcome']);
    expect(JSON.stringify([facts, figures, sentence])).not.toMatch(/expected range|undefined|NaN|null/);
  });

  it('is shown with its views, and without the rule', () => {
    expect(text()).toContain('\ndetectors       regularity; source defender\n');
    expect(text()).toContain(`\nrhythm          ${regularPaceOf(regular())}\n`);
    expect(text()).not.toMatch(/inliers|undefined|NaN/);
  });

  it('of a process has no address, in text, command and queries', () => {
    const process = onlyRegular(synthetic(NOW, { RemoteIP: '*' }), PROCESS);
    expect(suppressCommand(process).command).not.toContain('remote');
    expect(text(process)).toContain('to several addresses\n');
    for (const source of SOURCES) {
      for (const query of [defenderQuery({ ...process, source }), sentinelQuery({ ...process, source })]) {
        expect(query).not.toMatch(/\bremote\b/);
        expect(query).toContain('remotes = make_set(');
      }
    }
  });
});

describe('a detection of both detectors', () => {
  it('has the figures of both', () => {
    const base = synthetic(NOW);
    const both = { ...base, assessments: { ...base.assessments, regularity: regular() } };
    expect(matchReasonOf(both)).toMatch(/^70 of 72 hours within .*; 2 outliers .*; regularity: score 0\.91 /);
    expect(messageOf(both).figures.map(({ label }) => label)).toEqual([
      ...['Every', 'Devices there', 'Connections per hour', 'Hours in the expected range', 'Regularity', 'Outcome'],
    ]);
  });
});
