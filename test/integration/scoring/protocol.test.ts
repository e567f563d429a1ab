import { describe, expect, it } from 'vitest';
import { LONG } from '../../support/effort.ts';
import { ALL_NAMES, CONDITIONS, type Condition } from '../../support/scoring/protocol/conditions.ts';
import { LARGE_SCENARIOS, SCENARIOS } from '../../support/scoring/protocol/scenarios.ts';
import { search } from '../../support/scoring/protocol/search.ts';

const TIMEOUT = 900_000;

/** The first bad schedule that any scenario has. */
function firstBad(leftOut: Condition) {
  for (const scenario of SCENARIOS) {
    const { bad } = search(scenario, leftOut);
    if (bad !== null) return { scenario: scenario.name, ...bad };
  }
  return null;
}

describe('the protocol of count files, in every order of its steps', () => {
  const scenarios = LONG ? [...SCENARIOS, ...LARGE_SCENARIOS] : SCENARIOS;
  it.each(scenarios)('$name: no row is lost or counted twice', { timeout: TIMEOUT }, (scenario) => {
    const { states, bad } = search(scenario, null);
    expect(bad).toBeNull();
    expect(states).toBeGreaterThan(300);
  });

  it.each(ALL_NAMES.map((name) => [CONDITIONS[name], name] as const))(
    'needs that %s',
    { timeout: TIMEOUT },
    (_, name) => {
      expect(firstBad(name)?.fault).toMatch(/lacks|twice|does not name/);
    },
  );
});
