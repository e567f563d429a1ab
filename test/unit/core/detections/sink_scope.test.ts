import { describe, expect, it } from 'vitest';
import { isSevereEnough, notifiedFrom } from '../../../../src/core/detections/sink_scope.ts';

const FOUND = { source: 'defender', assessments: { 'kql-rule': null, regularity: {} } } as const;

describe('notifiedFrom(detection, sinks)', () => {
  it('is the lowest severity of the sinks that take it', () => {
    const pager = { minSeverity: 'high', detectors: ['regularity'] } as const;
    const chat = { minSeverity: 'medium' } as const;
    const lake = { sources: ['sysmon'] } as const;
    expect(notifiedFrom(FOUND, [pager, chat, lake])).toBe('medium');
    expect(notifiedFrom(FOUND, [pager])).toBe('high');
    expect(notifiedFrom({ ...FOUND, source: 'sysmon' }, [pager, chat, lake])).toBe('low');
  });

  it('is null without a sink that takes it', () => {
    expect(notifiedFrom(FOUND, [])).toBeNull();
    expect(notifiedFrom(FOUND, [{ sources: ['wfp'] }, { detectors: ['kql-rule'] }])).toBeNull();
  });
});

describe('isSevereEnough(severity, scope)', () => {
  it('is at least the severity of the scope, and everything without one', () => {
    const severities = ['low', 'medium', 'high'] as const;
    expect(severities.filter((each) => isSevereEnough(each, { minSeverity: 'medium' }))).toEqual(['medium', 'high']);
    expect(severities.filter((each) => isSevereEnough(each, {}))).toEqual(severities);
  });
});
