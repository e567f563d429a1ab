import type { Command } from 'commander';
import { SCORE_SETTING_NAMES } from '../settings/setting_names.ts';
import { FORMATS } from './output/format.ts';
import { collect } from './rule_options.ts';
import { type ScoreOptions, score } from './score.ts';
import type { Terminal } from './terminal.ts';

export function addScoreCommand(program: Command, terminal: Terminal): void {
  program
    .command('score')
    .summary('run the detectors over exported files, offline')
    .description(
      'Runs the KQL rule and the detector regularity over exported telemetry on this machine, without a storage account. It reads DeviceNetworkEvents by ' +
        'default, and other sources with --set SOURCES=sysmon (or defender-raw, wfp, zeek; docs/sources.md). Files are ' +
        'JSON lines, JSON over several lines, answers of query APIs, XML events one per line, CSV with a header, or ' +
        'conn.log of Zeek, each also as gzip, in a zip archive, in Avro or in Parquet. ' +
        'Folders are walked in order of name; names that begin with _ or . are skipped. - is standard input.',
    )
    .argument('<path...>', 'files, folders, or -')
    .option(
      '--now <TIME>',
      'end of the window (default: the clock); an ISO 8601 instant, a date, now, or an age such as 24h or 3d',
    )
    .option('--from <TIME>', 'score all windows that end from this instant to --to, in one reading: one row per group')
    .option('--to <TIME>', 'end of the last window')
    .option('--every <SPAN>', 'from one window to the next (default: 24h)')
    .option(
      '--compare <RESULT>',
      "compare with the answer of the query that kql prints: the portal's CSV; exits with 1 if rows differ",
    )
    .option(
      '--detector <NAME>',
      'kql-rule; regularity: beacons of 30 s to hours; or all (default: all for a table, kql-rule for json and csv, and ' +
        'with --from, --compare, --grain and --series)',
    )
    .option('--bin <MINUTES>', 'regularity counts by bins such as 5m instead of hours; raw sources only')
    .option('--common', 'list what is regular on many devices instead: by process and network', false)
    .option('--explain', 'print why groups match or not: each condition, and the number that it needs', false)
    .option('--device <NAME>', 'with --explain: groups of this device; * is any text')
    .option('--process <NAME>', 'with --explain: groups of this process file name; likewise')
    .option('--ip, --remote <ADDRESS>', 'with --explain: groups of this address or CIDR range')
    .option(
      '--grain <GRAIN>',
      'hour: one point per clock hour; report: one point per report, as in the original query (default: SERIES_GRAIN)',
    )
    .option(
      '--dates <ORDER>',
      'order in dates such as 05/06/2026: day-first or month-first (default: from the values above 12 of each file)',
    )
    .option(
      '--set <NAME=VALUE>',
      `a setting, in place of the environment; repeatable: ${SCORE_SETTING_NAMES.join(', ')}`,
      collect,
      [],
    )
    .option('--format <FORMAT>', FORMATS.join(', '), 'table')
    .option(
      '--order <ORDER>',
      'kql-rule: average (highest first, its default), prevalence (fewest devices), spread (smallest); regularity: severity ' +
        '(its default), score, prevalence; all: any of these (default: severity)',
    )
    .option('--owners <FILE>', 'an MMDB file, such as GeoLite2-ASN.mmdb: adds the owner of each address')
    .option(
      '--known <FILE>',
      'a CSV of networks and programs that you expect, and of indicators: changes the severity by one (docs/known.md)',
    )
    .option('--html <FILE>', 'also write a report: one HTML file with pictures, which opens without a network')
    .option(
      '--threads <N>',
      'threads that read the files (default: 1, and for 2 GB or more one for each core, 8 at most)',
    )
    .option('--series', 'add the lists of the window and the series_stats columns (json, csv)', false)
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  beaconwatch score exports/ --now 2026-11-20T12:00:00Z\n' +
        '  beaconwatch score exports/ --from 30d --to now\n' +
        '  beaconwatch score exports/ --now 2026-11-20T12:00:00Z --grain report --compare answer.csv\n' +
        '  beaconwatch score exports/ --html report.html\n' +
        '  beaconwatch score exports/ --known known.csv\n' +
        '  beaconwatch score exports/ --common\n' +
        "  beaconwatch score exports/ --explain --device ws-7 --process '*sync*'\n" +
        '  beaconwatch score exports/ --set SOURCES=sysmon --bin 5m\n' +
        '  beaconwatch score exports/ --detector all --format json | jq .severity\n' +
        '  beaconwatch score exports/ --set MIN_AVERAGE=30 --format json | jq .RemoteIP\n' +
        '  zcat PT1H.json.gz | beaconwatch score - --grain report',
    )
    .action((paths: string[], options: ScoreOptions) => score(terminal, paths, options));
}
