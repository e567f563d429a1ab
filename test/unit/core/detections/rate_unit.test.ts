import { describe, expect, it } from 'vitest';
import { detectionText } from '../../../../src/cli/commands/detection_text.ts';
import { intervalOf } from '../../../../src/core/detections/interval.ts';
import { messageOf } from '../../../../src/core/detections/message.ts';
import { ruleSeverityOf } from '../../../../src/core/detections/severity.ts';
import { type DetectionChanges, ruleOf, synthetic } from '../../../support/detections.ts';

const NOW = Date.parse('2026-11-20T09:45:12.987Z');

/** Everything that a person is told of a detection, queries apart. */
function textsOf(changes: DetectionChanges): string {
  const detection = synthetic(NOW, changes);
  const { facts, figures } = messageOf(detection);
  const shown = detectionText({
    ...detection,
    ...{ id: '', deliveries: {}, verdict: null, latestReports: [], queries: { defender: '', sentinel: '' } },
  });
  return [...[...figures, ...facts].map(({ label, value }) => `${label} ${value}`), shown].join('\n');
}

describe('a mean of grain report has the unit per report: an hour can have several', () => {
  const { evidence, average } = ruleOf(synthetic(NOW));
  const reports = { evidence: { ...evidence, grain: 'report' as const } };
  const signs = { devices: 1, few: 3, many: 10, spread: 0, average, minAverage: 45 };

  it('in messages and in `detections show`', () => {
    const texts = textsOf({ ...reports, ...ruleSeverityOf({ ...signs, grain: 'report' }) });
    expect(texts).toContain('59.8 connections per report');
    expect(texts).toContain('Connections per report 59.8 (threshold 45)');
    // The picture is of hours in either grain.
    expect(texts.replace(/█ is .*/, '')).not.toMatch(/(\d|[Cc]onnections) (per|an) hour\b/);
    expect(textsOf({})).toContain('Connections per hour 59.8 (threshold 45)');
    expect(textsOf({})).toContain('59.8 connections per hour');
  });

  it('in the reason of the severity', () => {
    expect(ruleSeverityOf({ ...signs, grain: 'report' }).severityReason).toMatch(
      /; regular reports .*; 59\.8 per report, /,
    );
    expect(ruleSeverityOf({ ...signs, grain: 'hour' }).severityReason).toMatch(/; regular hours .*; 59\.8 per hour, /);
  });
});

describe('an interval longer than the threshold allows is explained', () => {
  // 41 per hour is one in 87.8 s, and five hours of 120 raise the mean to 46.5.
  const counts = Array.from({ length: 72 }, (_, n) => (n % 14 === 5 ? 120 : 41));
  const flags = counts.map((count) => Number(count > 100));
  const average = counts.reduce((sum, count) => sum + count, 0) / 72;
  const interval = intervalOf(counts, flags);
  const outliers = flags.filter((flag) => flag > 0).length;

  it('in messages and in `detections show`: it is of the inliers, and outliers raise the average', () => {
    expect(average).toBeGreaterThan(45);
    const texts = textsOf({ average, interval, inliner_count: 72 - outliers, outlier_count: outliers });
    expect(texts).toMatch(/Connections per hour 46\.\d \(threshold 45\), by its outliers\n/);
    expect(texts).toMatch(/\ninterval .*87\.8 s.* within the expected range; outliers raise the average above/);
  });

  it('and only then', () => {
    for (const changes of [{}, { interval: null }]) {
      expect(textsOf(changes)).not.toContain('raise the average');
      expect(textsOf(changes)).not.toContain('by its outliers');
    }
  });
});
