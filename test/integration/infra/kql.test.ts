import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { describe, expect, it } from 'vitest';
import { defenderQuery, sentinelQuery } from '../../../src/core/detections/hunting_queries.ts';
import type { Timestamp } from '../../../src/core/kql/timestamp.ts';
import { SOURCES } from '../../../src/core/records/report.ts';
import { KQL_RULE } from '../../../src/core/scoring/rule.ts';
import { ruleQuery } from '../../../src/core/scoring/rule_query.ts';
import { detection } from '../../contract/samples.ts';
import { beaconwatchTable, DEFENDER, kustoOf, SENTINEL } from '../../support/kusto/language.ts';
import { HOSTILE, hostileText } from '../../support/sinks/hostile.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string) => readFileSync(`${ROOT}${path}`, 'utf8');
const filesIn = (folder: string, end: string) =>
  readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(end))
    .map((name) => `${folder}/${name}`)
    .sort();

const inSentinel = kustoOf({ ...SENTINEL, ...beaconwatchTable() });
const inDefender = kustoOf(DEFENDER);

/** What Microsoft's parser and binder find wrong in a query, against the published tables. */
const sentinelFaults = (query: string) => inSentinel(query).faults;
const defenderFaults = (query: string) => inDefender(query).faults;

describe('every query that a detection offers is right', () => {
  it.each(SOURCES)('of source %s, whatever the names', (source) => {
    const plain = detection({ source });
    expect([...defenderFaults(defenderQuery(plain)), ...sentinelFaults(sentinelQuery(plain))]).toEqual([]);
    // The structure is the same whatever the names (hunting_queries.test.ts); a few of each kind suffice here.
    const names = fc.record({ DeviceName: hostileText, InitiatingProcessFileName: hostileText, RemoteIP: hostileText });
    fc.assert(
      fc.property(names, (hostile) => {
        const named = { ...plain, ...hostile };
        expect([...defenderFaults(defenderQuery(named)), ...sentinelFaults(sentinelQuery(named))]).toEqual([]);
      }),
      { numRuns: 4 },
    );
  });

  it('with all hostile names at once', () => {
    const named = detection({ DeviceName: HOSTILE.join(''), InitiatingProcessFileName: HOSTILE.toReversed().join('') });
    expect([...defenderFaults(defenderQuery(named)), ...sentinelFaults(sentinelQuery(named))]).toEqual([]);
  });
});

describe('the query that `kql` prints is right', () => {
  const NOON = '2026-11-20T12:00:00.0000000Z' as Timestamp;
  const numbers = { lookbackDays: 0.3, minUniformPerDay: 2.5, minAverage: 0.5, anomalyThreshold: 2 };
  it.each(['hour', 'report'] as const)('of grain %s', (grain) => {
    for (const rule of [KQL_RULE, { ...KQL_RULE, ...numbers }]) {
      for (const asOf of [null, NOON]) {
        expect(defenderFaults(ruleQuery({ ...rule, grain }, asOf))).toEqual([]);
        expect(sentinelFaults(ruleQuery({ ...rule, grain }, asOf, 'sentinel'))).toEqual([]);
      }
    }
  });

  it('the binder refuses the time column of the other table', () => {
    expect(defenderFaults(ruleQuery(KQL_RULE, null, 'sentinel'))).not.toEqual([]);
  });
});

describe('every .kql file under infra is right', () => {
  const files = filesIn('infra', '.kql');
  it.each(files)('%s', (file) => expect(sentinelFaults(read(file))).toEqual([]));
  it('there are some', () => expect(files.length).toBeGreaterThan(5));
});

/** Each text under the name `query` of a workbook's JSON. */
function* queriesIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, each] of Object.entries(value)) {
    if (name === 'query' && typeof each === 'string') yield each;
    else yield* queriesIn(each);
  }
}

describe('every query of infra/workbook.json is right', () => {
  const queries = [...queriesIn(JSON.parse(read('infra/workbook.json')))];
  it.each(queries.map((query, n) => [n + 1, query] as const))('number %d', (_, query) => {
    expect(sentinelFaults(query)).toEqual([]);
  });
  it('there are some', () => expect(queries.length).toBeGreaterThan(3));
});

type Page = ReturnType<typeof fromMarkdown>;

function kqlIn(node: Page | Page['children'][number]): { readonly query: string; readonly line: number }[] {
  if (node.type === 'code' && /^(kusto|kql)$/i.test(node.lang ?? '')) {
    return [{ query: node.value, line: node.position?.start.line ?? 0 }];
  }
  return 'children' in node ? node.children.flatMap((child) => kqlIn(child as Page['children'][number])) : [];
}

describe('every KQL block of the documentation is right', () => {
  const pages = [...readdirSync(ROOT).filter((name) => name.endsWith('.md')), ...filesIn('docs', '.md')];
  const blocks = pages.flatMap((page) =>
    kqlIn(fromMarkdown(read(page))).map(({ query, line }) => [`${page}:${line}`, query] as const),
  );
  it.each(blocks)('%s', (_, query) => {
    // Defender calls the time Timestamp, Sentinel TimeGenerated.
    expect(/\bTimestamp\b/.test(query) ? defenderFaults(query) : sentinelFaults(query)).toEqual([]);
  });
  it('there are some', () => expect(blocks.length).toBeGreaterThan(3));
});

describe('what is wrong is refused', () => {
  const query = sentinelQuery(detection({ source: 'sysmon' }));
  it.each([
    ['a column of another table', query.replace('Computer =~', 'DeviceName =~'), "'DeviceName'"],
    ['a column that is misspelled', query.replaceAll('EventID', 'EventId'), "'EventId'"],
    ['a function that is none', query.replace('ipv6_is_match(', 'ipv6_matches('), "'ipv6_matches'"],
    ['a syntax error', query.replace('| summarize', '| sumarize'), 'Query operator expected'],
    ['a table that is none', query.replace('(Event\n', '(Events\n'), "'Events'"],
  ])('%s', (_, wrong, message) => {
    expect(wrong).not.toBe(query);
    expect(sentinelFaults(wrong).join('\n')).toContain(message);
  });

  it('a column of Sentinel in a query for Defender', () => {
    const wrong = defenderQuery(detection()).replaceAll('Timestamp', 'TimeGenerated');
    expect(defenderFaults(wrong).join('\n')).toContain("'TimeGenerated'");
  });

  it('a column that no row of ours has', () => {
    expect(sentinelFaults(`${read('infra/sentinel/rule.kql')}\n| where Severty == 'high'`)).toEqual([
      expect.stringContaining("'Severty'"),
    ]);
  });
});
