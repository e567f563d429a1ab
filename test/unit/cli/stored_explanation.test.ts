import { expect, it } from 'vitest';
import { storedExplanation } from '../../../src/cli/commands/stored_explanation.ts';
import { REGULARITY_THRESHOLDS } from '../../../src/core/regularity/assessment.ts';
import { syntheticDetection } from '../../../src/notify/sinks/synthetic.ts';
import { regular } from '../../support/detections.ts';

const rule = syntheticDetection(Date.UTC(2026, 10, 20, 12)).assessments['kql-rule'];
const views = [{ name: 'spread', value: 0.0321, n: 69.7, k: 5 } as const];

it('storedExplanation(assessments) prints the conditions of each detector at its last match', () => {
  const regularity = regular({ measuredViews: views, session: { n: 70, p: 1, mean: 13.2 }, regularity: 0.903 });
  expect(storedExplanation({ 'kql-rule': rule, regularity }, REGULARITY_THRESHOLDS)).toBe(`
Conditions, at the last match of each detector:
  kql-rule    2026-11-20 12:00 UTC: all of these must hold
    yes  points   72 (needs at least 12)
    yes  average  59.83 per hour (needs above 45)
    yes  inliers  70 (needs at least 12)
  regularity  2026-11-20 09:00 UTC, by score, score 0.903 (needs 0.6): one of the views must hold, or the session
    yes  spread   value 0.032, n 69.7, K 5, score 0.903 (needs a value of at most 0.357)
    -    steps    not measured
    -    gaps     not measured
    no   session  70 whole hours, 13.2 per hour (needs 4 to 12 hours, at least 4 per hour, p of at most 0.0003)
`);
});

it('storedExplanation(assessments) has the conditions of a process, and names a detector that has not matched', () => {
  const regularity = regular({ way: 'process', session: null, addresses: 46, interval: 153, measuredViews: views });
  const text = storedExplanation({ 'kql-rule': null, regularity }, REGULARITY_THRESHOLDS);
  expect(text).toContain('  kql-rule    has not matched in this episode\n');
  expect(text).toMatch(
    /: one of the views must hold, and all others\n[\s\S]*\n {4}yes {2}addresses {2}46 \(needs at least 2\)\n/,
  );
  expect(text).toMatch(/\n {4}yes {2}interval {3}153 s \(needs at most 7,200 s\)\n$/);
  expect(storedExplanation({ 'kql-rule': rule, regularity: null }, REGULARITY_THRESHOLDS)).toContain(
    'regularity  has not matched',
  );
});

it('storedExplanation(assessments, thresholds) needs the score of the settings', () => {
  const text = storedExplanation({ 'kql-rule': null, regularity: regular() }, { match: 0.75 });
  expect(text).toContain('score 0.910 (needs 0.75)');
});
