import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allResults, NAMES, type Results } from '../../bench/harness/results.ts';
import { filled, partsOf } from '../../bench/page/tables.ts';
import { SETTING_NAMES } from '../../src/config.ts';
import { DEAD_LETTERS_CONTAINER, QUEUES, TABLES } from '../../src/storage/azure/names.ts';
import type { Measured, Prices } from '../cost_model.ts';
import { costTables, PAGES, withTables } from '../cost_tables.ts';
import type { HourlyRuns } from '../run_model.ts';
import type { LintFinding } from './finding.ts';

/** Reads a file by its path from the root of the repository. */
export type Read = (path: string) => string;

/** Whether pages say what templates, settings, measurements and prices have. */
export function factFindings(root: string): LintFinding[] {
  const read: Read = (path) => readFileSync(join(root, path), 'utf8');
  const alerts = readdirSync(join(root, 'infra/alerts')).filter((name) => name.endsWith('.kql'));
  const charts = (path: string) => existsSync(join(root, 'docs', path));
  const checks: readonly [page: string, check: (page: string) => LintFinding[]][] = [
    ['README.md', readmeFindings],
    ['docs/security.md', (page) => [...roleFindings(page, read), ...periodFindings(page, read)]],
    ['docs/deploy.md', (page) => [...deployFindings(page, read), ...runbookFindings(page, alerts)]],
    ['docs/settings.md', settingFindings],
    ['docs/storage.md', storageFindings],
    ['docs/performance.md', (page) => performanceFindings(page, allResults(), charts)],
    ...Object.keys(PAGES).map(
      (page) => [page, (text: string) => costFindings(page, text, read)] as [string, (page: string) => LintFinding[]],
    ),
  ];
  return [
    ...priceFindings(JSON.parse(read('bench/prices.json')) as Prices),
    ...checks.flatMap(([path, check]) =>
      existsSync(join(root, path)) ? check(read(path)) : [finding(path, 'there is no such page')],
    ),
  ];
}

/** Words of the README, all its tables and commands included. */
const README_WORDS = 700;

/** README.md: it is read in a few minutes. */
export function readmeFindings(page: string): LintFinding[] {
  const words = page.split(/\s+/).filter((word) => word !== '').length;
  return words < README_WORDS ? [] : [finding('README.md', `${words} words, must be under ${README_WORDS}`)];
}

/** docs/security.md: the table of roles has every role that the templates assign, and no other. */
export function roleFindings(page: string, read: Read): LintFinding[] {
  const roles = JSON.parse(read('infra/roles.json')) as Readonly<Record<string, { readonly name: string }>>;
  const section = /^## Role assignments\n([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(page)?.[1] ?? '';
  const named =
    section.match(
      /(Storage (?:Blob|Queue|Table) Data|Monitoring|Key Vault)[A-Z a-z]*?(Owner|Reader|Contributor|Publisher|User|Officer)/g,
    ) ?? [];
  return differences(
    'docs/security.md',
    'role',
    named,
    Object.values(roles).map(({ name }) => name),
  );
}

/** docs/security.md: how long data is kept is what the templates have by default. */
export function periodFindings(page: string, read: Read): LintFinding[] {
  const byDefault = (name: string) =>
    new RegExp(`^param ${name} int = (\\d+)$`, 'm').exec(read('infra/main.bicep'))?.[1];
  const softDelete = /softDeleteRetentionInDays: (\d+)/.exec(read('infra/modules/vault.bicep'))?.[1];
  return missing('docs/security.md', page, [
    `\`BEACONWATCH_EXPORTS_KEEP_DAYS\` (${byDefault('exportsKeepDays')})`,
    `\`HISTORY_DAYS\` (${byDefault('historyDays')})`,
    `\`BEACONWATCH_LOG_RETENTION_DAYS\` (${byDefault('logRetentionDays')})`,
    `until deleted, and ${softDelete} days more`,
  ]);
}

/** docs/deploy.md: variables are those of main.bicepparam, outputs those of main.bicep. */
export function deployFindings(page: string, read: Read): LintFinding[] {
  const path = 'docs/deploy.md';
  const outputs = [...read('infra/main.bicep').matchAll(/^output (\w+)/gm)].map(([, name = '']) => name);
  const variables = [...read('infra/main.bicepparam').matchAll(/readEnvironmentVariable\('(BEACONWATCH_\w+)'/g)];
  const shell = [...page.matchAll(/\$\{?([A-Z][A-Z_]+)/g)].map(([, name = '']) => name);
  return [
    ...differences(
      path,
      'variable',
      page.match(/BEACONWATCH_[A-Z_]+/g) ?? [],
      variables.map(([, name = '']) => name),
    ),
    ...shell.filter((name) => !outputs.includes(name)).map((name) => finding(path, `main.bicep has no output ${name}`)),
  ];
}

/** docs/storage.md: every table, queue and container has its name there. */
export function storageFindings(page: string): LintFinding[] {
  const names = [...Object.values(TABLES), ...Object.values(QUEUES), DEAD_LETTERS_CONTAINER];
  return missing(
    'docs/storage.md',
    page,
    names.map((name) => `\`${name}\``),
  );
}

/** docs/deploy.md: every alert has its runbook. */
export function runbookFindings(page: string, alerts: readonly string[]): LintFinding[] {
  return alerts
    .map((name) => name.replace(/\.kql$/, ''))
    .filter((name) => !new RegExp(`^#{2,4} ${name}$`, 'm').test(page))
    .map((name) => finding('docs/deploy.md', `there is no runbook (a heading) for the alert ${name}`));
}

/** docs/settings.md: every setting has a row. */
export function settingFindings(page: string): LintFinding[] {
  return missing(
    'docs/settings.md',
    page,
    SETTING_NAMES.map((name) => `| \`${name}\` |`),
  );
}

/** Generated tables of costs are those of the measured numbers and prices. */
export function costFindings(path: string, page: string, read: Read): LintFinding[] {
  const measured = JSON.parse(read('bench/local_requests.json')) as Measured;
  const hourly = JSON.parse(read('bench/hourly.json')) as HourlyRuns;
  const prices = JSON.parse(read('bench/prices.json')) as Prices;
  const names = PAGES[path] ?? [];
  try {
    const isCurrent = withTables(page, names, costTables({ measured, hourly }, prices)) === page;
    return isCurrent ? [] : [finding(path, 'the tables are not those of bench/: npm run costs')];
  } catch (error) {
    return [finding(path, (error as Error).message)];
  }
}

/** Each price says what it is for, and where and when it was found. */
export function priceFindings(prices: Prices): LintFinding[] {
  return Object.entries(prices)
    .filter(
      ([, { usd, per, what, where }]) =>
        !(usd > 0 && [per, what, where].every((text) => text !== '') && /20\d\d|not verified/.test(where)),
    )
    .map(([name]) =>
      finding('bench/prices.json', `${name} needs usd, per, what, and where with a year or "not verified"`),
    );
}

/** docs/performance.md: its tables are those of bench/results; its charts are there. */
export function performanceFindings(
  page: string,
  results: readonly Results[],
  hasChart: (path: string) => boolean,
): LintFinding[] {
  const path = 'docs/performance.md';
  const charts = [...page.matchAll(/\]\((performance\/\w+\.svg)\)/g)].map(([, chart = '']) => chart);
  return [
    ...(filled(page, partsOf(results)) === page
      ? []
      : [finding(path, 'the tables are not those of bench/results: npm run bench:docs')]),
    ...missing(
      path,
      page,
      NAMES.map((name) => `<!-- bench:${name} -->`),
    ),
    ...(charts.length > 4 ? [] : [finding(path, `${charts.length} charts, at least 5 are expected`)]),
    ...charts.filter((chart) => !hasChart(chart)).map((chart) => finding(path, `there is no chart ${chart}`)),
  ];
}

function finding(file: string, message: string): LintFinding {
  return { file, line: 0, message };
}

function missing(file: string, page: string, texts: readonly string[]): LintFinding[] {
  return texts.filter((text) => !page.includes(text)).map((text) => finding(file, `does not have: ${text}`));
}

function differences(file: string, kind: string, named: readonly string[], known: readonly string[]): LintFinding[] {
  return [
    ...[...new Set(named)]
      .filter((name) => !known.includes(name))
      .map((name) => finding(file, `unknown ${kind}: ${name}`)),
    ...[...new Set(known)]
      .filter((name) => !named.includes(name))
      .map((name) => finding(file, `missing ${kind}: ${name}`)),
  ];
}
