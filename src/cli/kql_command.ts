import type { Command } from 'commander';
import type { Timestamp } from '../core/kql/timestamp.ts';
import type { Rule } from '../core/scoring/rule.ts';
import { ruleQuery } from '../core/scoring/rule_query.ts';
import { RULE_SETTING_NAMES } from '../settings/setting_names.ts';
import { timeOf } from './instant.ts';
import { collect, settingsSet } from './rule_options.ts';
import { scoreSettingsOf } from './score_settings.ts';
import type { Terminal } from './terminal.ts';

interface KqlOptions {
  readonly now?: string;
  readonly grain?: string;
  readonly set: readonly string[];
  readonly sentinel: boolean;
}

export function addKqlCommand(program: Command, terminal: Terminal): void {
  program
    .command('kql')
    .summary('print the rule as a query for Defender')
    .description(
      'Prints the rule with the present settings, as a query to paste into advanced hunting of Microsoft Defender. With ' +
        '--grain report and the other settings at their defaults it is the published query to the letter. Grain hour ' +
        'adds two lines, which sum the reports of each clock hour. score --compare reads the CSV that Defender exports.',
    )
    .option('--now <TIME>', 'end of the window (default: the instant at which the query runs)')
    .option('--grain <GRAIN>', 'hour or report (default: SERIES_GRAIN)')
    .option(
      '--set <NAME=VALUE>',
      `a setting, in place of the environment; repeatable: ${RULE_SETTING_NAMES.join(', ')}`,
      collect,
      [],
    )
    .option('--sentinel', 'for Log Analytics and Microsoft Sentinel, where the time is TimeGenerated', false)
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  beaconwatch kql --grain report\n' +
        '  beaconwatch kql --set MIN_AVERAGE=30 --now 2026-11-20T12:00:00Z\n',
    )
    .action(async (options: KqlOptions) => {
      const { rule } = await scoreSettingsOf({ ...terminal.env, SOURCES: 'defender', ...settingsOf(options) });
      const asOf = options.now === undefined ? null : timeOf('--now', options.now);
      const query = ruleQuery(rule, asOf, options.sentinel ? 'sentinel' : 'defender');
      terminal.stdout.write(`${headOf(rule, asOf)}${query}`);
    });
}

/** Comments: whose rule it is, and the settings that `score` needs for the same rows. */
function headOf(rule: Rule, asOf: Timestamp | null): string {
  const settings = [
    `LOOKBACK_DAYS=${rule.lookbackDays}`,
    `MIN_UNIFORM_PER_DAY=${rule.minUniformPerDay}`,
    `MIN_AVERAGE=${rule.minAverage}`,
    `ANOMALY_THRESHOLD=${rule.anomalyThreshold}`,
    `SERIES_GRAIN=${rule.grain}`,
  ];
  return [
    '// Suspicious Network Beacons, copyright (c) 2022 Mehmet Ergene, BSD-3-Clause:',
    '// github.com/Cyb3r-Monk/Threat-Hunting-and-Detection',
    `// ${settings.join(' ')}, window ${asOf === null ? 'to the instant of the query' : `to ${asOf}`}`,
    '',
  ].join('\n');
}

function settingsOf({ set, grain }: KqlOptions): Record<string, string> {
  const settings = settingsSet(set, RULE_SETTING_NAMES);
  return grain === undefined ? settings : { ...settings, SERIES_GRAIN: grain };
}
