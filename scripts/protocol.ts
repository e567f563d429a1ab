/**
 * Searches every order of the steps of the protocol of count files, and the same with one condition left out. Prints how many
 * states there are, and a shortest schedule that loses rows or counts them twice.
 *
 *   node scripts/protocol.ts          as it is, and without each condition
 *   node scripts/protocol.ts --large  as it is, with more rows and workers (minutes)
 */
import { ALL_NAMES, CONDITIONS } from '../test/support/scoring/protocol/conditions.ts';
import { LARGE_SCENARIOS, SCENARIOS } from '../test/support/scoring/protocol/scenarios.ts';
import { search } from '../test/support/scoring/protocol/search.ts';

const isLarge = process.argv.includes('--large');
for (const scenario of isLarge ? LARGE_SCENARIOS : SCENARIOS) {
  const { states, bad } = search(scenario, null);
  console.log(`${states.toLocaleString('en')} states: ${scenario.name}`);
  if (bad === null) continue;
  print(bad);
  process.exitCode = 1;
}
for (const name of isLarge ? [] : ALL_NAMES) {
  console.log(`\nwithout the condition that ${CONDITIONS[name]}`);
  for (const scenario of SCENARIOS) {
    const { bad } = search(scenario, name);
    if (bad === null) continue;
    console.log(`  ${scenario.name}:`);
    print(bad);
    break;
  }
}

/** A row such as `b01-` is the first one of group b, day 0, hour 1. */
function print({ schedule, fault }: { readonly schedule: readonly string[]; readonly fault: string }): void {
  for (const step of schedule) console.log(`    ${step}`);
  console.log(`    fault: ${fault}`);
}
