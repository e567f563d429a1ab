import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { costTables, PAGES, withTables } from '../../../scripts/cost_tables.ts';
import {
  costFindings,
  deployFindings,
  performanceFindings,
  periodFindings,
  priceFindings,
  readmeFindings,
  roleFindings,
  runbookFindings,
  settingFindings,
  storageFindings,
} from '../../../scripts/lint_docs/facts.ts';
import { type LintFinding, lineNumberOf } from '../../../scripts/lint_docs/finding.ts';
import { commandsIn } from '../../../scripts/lint_docs/help.ts';
import { linkFindings, nameFindings } from '../../../scripts/lint_docs/links.ts';
import { lintCode, lintPage, lintTitles, pageWordFindings } from '../../../scripts/lint_docs/lint.ts';
import { readPage } from '../../../scripts/lint_docs/page.ts';
import { sentenceFindings, sentencesOf, wordsIn } from '../../../scripts/lint_docs/sentences.ts';
import { headingFindings, wordFindings } from '../../../scripts/lint_docs/words.ts';

const REPO = fileURLToPath(new URL('../../../', import.meta.url));
const messages = (findings: readonly LintFinding[]) => findings.map(({ message }) => message);
const found = (text: string) => wordFindings(text, 'a.md').map(({ message }) => message.split(' → ')[0]);

describe('wordFindings(text, file)', () => {
  it.each([
    ['what it told of', ['told']],
    ['It hears of each change.', ['hears of']],
    ['what is due', ['due']],
    ["another worker's claim", ['claim']],
    ['a passing failure', ['passing failure']],
    ['Mended settings are left out.', ['Mended', 'left out']],
    ['written anew', ['anew']],
    ['the next round', ['round']],
    ['far over the line', ['far over the line']],
    ['the line is 45', ['the line is 45']],
    ['70 alike, 12 are enough', ['alike', '12 are enough']],
    ['not looked at, nor looked into', ['looked at', 'looked into']],
    ['the needle', ['needle']],
    ['a made-up tenant with planted beacons', ['made-up', 'planted']],
    ['programs that attackers borrow', ['borrow']],
    ["the detector's verdict", ["detector's verdict"]],
    ['a detector verdict', ['detector verdict']],
    ['inert text', ['inert']],
    ['| said, hidden |', ['said, hidden']],
    ['`detector seed`, d0003c|seed', ['detector seed', 'd0003c|seed']],
    ['--order regularity', ['order regularity']],
    ['a weakness', ['weakness']],
    ['is live', ['is live']],
  ])('finds in %j: %j', (text, words) => {
    expect(found(text).toSorted()).toEqual(words.toSorted());
  });

  it.each([
    'a round trip, rounded, rounds down, rounds differently',
    'one line per record, the command line, above the line of the table header',
    'due to a fault',
    'passing the option',
    'often enough; one of the two is enough',
    'made up of parts',
    'toldby and sooner',
    'sample --seed 3, the seed of the schedule',
    'hundreds of rows',
    'the regularity of a group',
    'an analyst records a verdict',
    'where the line is too long',
    'a live system',
  ])('finds nothing in %j', (text) => {
    expect(found(text)).toEqual([]);
  });

  it('gives the line, and what to write', () => {
    expect(wordFindings('a\nb anew\nc', 'a.md', 10).map(lineNumberOf)).toEqual(['a.md:11: anew → again']);
  });

  it('allows a round of a benchmark on its page alone', () => {
    expect(wordFindings('9 rounds', 'docs/performance.md')).toEqual([]);
    expect(wordFindings('9 rounds', 'docs/costs.md')).toHaveLength(1);
  });
});

describe('headingFindings(text, file, line)', () => {
  it('wants a heading that names what it heads', () => {
    expect(headingFindings('Known by', 'a.md', 3).map(lineNumberOf)).toEqual([
      'a.md:3: Known by → detector (as a heading)',
    ]);
    expect(headingFindings('Detector', 'a.md', 3)).toEqual([]);
  });
});

describe('pageWordFindings(page, file)', () => {
  it('reads prose, code, tables and alternative texts; not addresses or comments', () => {
    const page = readPage(
      [
        'Told.',
        '',
        '```console',
        '$ run',
        'anew',
        '```',
        '',
        '| hidden | `due` |',
        '|---|---|',
        '| needle | hidden |',
        '',
        '[here](anew.md) ![inert](told.png) <!-- mended -->',
      ].join('\n'),
    );
    expect(pageWordFindings(page, 'a.md').map(lineNumberOf).toSorted()).toEqual([
      'a.md:10: needle → pre-filter token',
      'a.md:12: inert → escaped',
      'a.md:1: Told → notify, notified; say, show; distinguish',
      'a.md:5: anew → again',
      'a.md:8: due → pending',
      'a.md:8: hidden → suppressed by (as a heading)',
    ]);
  });
});

describe('sentencesOf(text), wordsIn(sentence)', () => {
  it('cut at the ends of sentences, not at line ends', () => {
    expect(sentencesOf({ text: 'One two\nthree. Four\nfive.', line: 7 })).toEqual([
      { text: 'One two three.', line: 7 },
      { text: 'Four five.', line: 8 },
    ]);
  });

  it('count what has a letter or a digit', () => {
    expect(wordsIn('a – 2 b, | c-d')).toBe(4);
  });
});

describe('sentenceFindings(page, file)', () => {
  const of = (words: number) => `${Array.from({ length: words }, () => 'word').join(' ')}.`;
  const findings = (markdown: string) => messages(sentenceFindings(readPage(markdown), 'a.md'));

  it('allows 25 words on average and 40 in one sentence', () => {
    expect(findings(`W${of(40)} W${of(10)}`)).toEqual([]);
  });

  it('finds an average above 25, and a sentence above 40 also in a table', () => {
    expect(findings(`W${of(26)}`)).toEqual(['sentences of 26.0 words on average (at most 25)']);
    expect(findings(`| a |\n|---|\n| ${of(41)} |`)[0]).toMatch(/^a sentence of 41 words/);
  });

  it('ends a sentence before one that begins with code', () => {
    expect(findings(`W${of(25)} \`npm\` ${of(24)}`)).toEqual([]);
  });

  it('counts code as one word, and each item of a list by itself', () => {
    expect(findings(`- \`${of(30)}\` ${of(20)}\n- ${of(20)}\n- ${of(20)}`)).toEqual([]);
  });
});

describe('lintCode(code, file)', () => {
  const code = [
    "import { a } from './told.ts';",
    '// claimed',
    "export const text = 'what is due';",
    `export const other = \`\${a} are enough, \${a.told}\`;`,
    "export { b } from './needle.ts';",
  ].join('\n');

  it('reads literals, templates and comments; neither names nor files', () => {
    expect(lintCode(code, 'src/a.ts').map(lineNumberOf)).toEqual([
      'src/a.ts:2: claimed → lease, leased',
      'src/a.ts:3: due → pending',
      'src/a.ts:4: 0 are enough → minimum',
    ]);
  });

  it('reads a shell script', () => {
    expect(lintCode('# anew\necho anew\n', 'infra/scripts/a.sh').map(lineNumberOf)).toEqual([
      'infra/scripts/a.sh:1: anew → again',
      'infra/scripts/a.sh:2: anew → again',
    ]);
  });

  it('throws where a file does not parse', () => {
    expect(() => lintCode('const = ;', 'src/a.ts')).toThrow('src/a.ts');
  });
});

describe('lintTitles(code, file)', () => {
  it('reads the titles of tests and groups, and no other text', () => {
    const code = [
      "describe('the merger', () => {",
      "  it('is told', () => expect(f('due')).toBe('anew'));",
      "  it.each(['needle'])('mends %s', () => {});",
      '  it(`claims it`, () => {});',
      '});',
    ].join('\n');
    expect(lintTitles(code, 'test/a.test.ts').map(lineNumberOf)).toEqual([
      'test/a.test.ts:1: merger → batch writer',
      'test/a.test.ts:2: told → notify, notified; say, show; distinguish',
      'test/a.test.ts:3: mends → fix, fixed',
      'test/a.test.ts:4: claims → lease, leased',
    ]);
  });
});

describe('commandsIn(help)', () => {
  it('lists commands but help', () => {
    const help =
      'Usage: x\n\nOptions:\n  -h  help\n\nCommands:\n  a [options]  does\n               it\n  b-c  x\n  help [command]\n';
    expect(commandsIn(help)).toEqual(['a', 'b-c']);
    expect(commandsIn('Usage: x\n')).toEqual([]);
  });
});

describe('links and names of a page', () => {
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'lint-docs-'));
    mkdirSync(join(root, 'docs'));
    mkdirSync(join(root, 'src'));
    writeFileSync(join(root, 'docs/b.md'), '# A heading: `code`\n\n# Twice\n\n# Twice\n\n<a id="own"></a>\n');
    writeFileSync(join(root, 'docs/a.md'), '');
    writeFileSync(join(root, 'src/here.ts'), '');
    writeFileSync(join(root, 'package.json'), '{"scripts":{"test":"","lint:docs":""}}');
  });
  afterAll(() => rmSync(root, { recursive: true }));
  const links = (markdown: string) => messages(linkFindings(readPage(markdown), 'docs/a.md', root));
  const names = (markdown: string) => messages(nameFindings(readPage(markdown), 'docs/a.md', root));

  it('linkFindings accepts files, folders, headings, and what is elsewhere', () => {
    const good = [
      'b.md',
      '../src',
      'b.md#a-heading-code',
      'b.md#twice-1',
      'b.md#own',
      '#here',
      'https://example.com/x#y',
    ];
    expect(links(`# Here\n\n${good.map((url) => `[x](${url})`).join(' ')}`)).toEqual([]);
  });

  it('linkFindings finds files and headings that are not there, also of images and definitions', () => {
    const page = '[x](c.md) ![x](no.png) [y]\n\n[y]: b.md#nowhere\n\n[z](#gone) [w](../../out.md)';
    expect(links(page)).toEqual([
      'the link c.md leads to no file of the repository',
      'the link no.png leads to no file of the repository',
      'the link b.md#nowhere leads to no heading of docs/b.md',
      'the link #gone leads to no heading of docs/a.md',
      'the link ../../out.md leads to no file of the repository',
    ]);
  });

  it('nameFindings finds scripts and files that are not there', () => {
    expect(names('`src/here.ts`, `npm run -s lint:docs`: all there; `docs/src/gone.ts` is a path elsewhere')).toEqual(
      [],
    );
    expect(names('`src/gone.ts` and\n\n```sh\nnpm run gone:x\n```')).toEqual([
      'there is no file src/gone.ts',
      'package.json has no script gone:x',
    ]);
  });

  it('lintPage puts all of it together, in order of lines', () => {
    expect(lintPage('# A\n\n[x](no.md)\n\nDone anew.\n', 'docs/a.md', root).map(lineNumberOf)).toEqual([
      'docs/a.md:3: the link no.md leads to no file of the repository',
      'docs/a.md:5: anew → again',
    ]);
  });
});

describe('facts', () => {
  const files: Readonly<Record<string, string>> = {
    'infra/roles.json': '{"a":{"name":"Storage Blob Data Reader"},"b":{"name":"Key Vault Secrets User"}}',
    'infra/main.bicep':
      'param exportsKeepDays int = 30\nparam historyDays int = 90\nparam logRetentionDays int = 31\noutput APP_NAME string = x\n',
    'infra/modules/vault.bicep': 'softDeleteRetentionInDays: 7',
    'infra/main.bicepparam':
      "param a = readEnvironmentVariable('BEACONWATCH_A', '')\nparam b = readEnvironmentVariable('AZURE_B', '')",
  };
  const read = (path: string) => files[path] ?? '';

  it('readmeFindings: under 700 words', () => {
    expect(readmeFindings(' word\n'.repeat(699))).toEqual([]);
    expect(messages(readmeFindings('word '.repeat(700)))).toEqual(['700 words, must be under 700']);
  });

  it('roleFindings: the roles of the templates, and no other', () => {
    const page = (roles: string) => `## Role assignments\n\n${roles}\n\n## Next\n\nStorage Table Data Reader`;
    expect(roleFindings(page('Storage Blob Data Reader, Key Vault Secrets User'), read)).toEqual([]);
    expect(messages(roleFindings(page('Storage Blob Data Reader, Storage Queue Data Contributor'), read))).toEqual([
      'unknown role: Storage Queue Data Contributor',
      'missing role: Key Vault Secrets User',
    ]);
  });

  it('periodFindings: the days of the templates', () => {
    const page =
      '`BEACONWATCH_EXPORTS_KEEP_DAYS` (30) `HISTORY_DAYS` (90) `BEACONWATCH_LOG_RETENTION_DAYS` (31) until deleted, and 7 days more';
    expect(periodFindings(page, read)).toEqual([]);
    expect(messages(periodFindings(page.replace('(90)', '(91)'), read))).toEqual([
      'does not have: `HISTORY_DAYS` (90)',
    ]);
  });

  it('deployFindings: variables and outputs', () => {
    const found = messages(deployFindings('BEACONWATCH_B $APP_NAME $NO_OUTPUT', read));
    expect(found).toContain('unknown variable: BEACONWATCH_B');
    expect(found).toContain('missing variable: BEACONWATCH_A');
    expect(found).toContain('main.bicep has no output NO_OUTPUT');
    expect(found).not.toContain('main.bicep has no output APP_NAME');
  });

  it('storageFindings: tables, queues and containers', () => {
    expect(messages(storageFindings('`HourlyCounts`'))).toContain('does not have: `dead-letters`');
    expect(messages(storageFindings('`HourlyCounts`'))).not.toContain('does not have: `HourlyCounts`');
  });

  it('runbookFindings: a heading for each alert', () => {
    expect(messages(runbookFindings('### no-run\n', ['no-run.kql', 'poison.kql']))).toEqual([
      'there is no runbook (a heading) for the alert poison',
    ]);
  });

  it('settingFindings: a row for each setting', () => {
    expect(messages(settingFindings('| `SINKS` | |'))).toContain('does not have: | `LOOKBACK_DAYS` |');
    expect(messages(settingFindings('| `SINKS` | |'))).not.toContain('does not have: | `SINKS` |');
  });

  it('costFindings: tables of the measured numbers, in their places', () => {
    const json = (path: string) => readFileSync(join(REPO, path), 'utf8');
    const [measured, hourly, prices] = ['local_requests', 'hourly', 'prices'].map((name) =>
      JSON.parse(json(`bench/${name}.json`)),
    );
    const tables = costTables({ measured, hourly }, prices);
    const places = (PAGES['docs/costs.md'] ?? []).map((name) => `<!-- ${name} -->\n<!-- /${name} -->\n`).join('');
    const page = withTables(places, PAGES['docs/costs.md'] ?? [], tables);
    expect(costFindings('docs/costs.md', page, json)).toEqual([]);
    expect(messages(costFindings('docs/costs.md', page.replace('$', '$1'), json))).toEqual([
      'the tables are not those of bench/: npm run costs',
    ]);
    expect(messages(costFindings('docs/costs.md', 'x', json))).toEqual(['the page has no place for sample']);
  });

  it('priceFindings: where and when each price was found', () => {
    const price = { usd: 1, per: 'GB', what: 'x', where: 'a page, 2026' };
    expect(priceFindings({ a: price, b: { ...price, where: 'not verified' } })).toEqual([]);
    expect(messages(priceFindings({ a: { ...price, where: 'somewhere' } }))[0]).toMatch(/^a needs/);
    expect(priceFindings({ a: { ...price, usd: 0 } })).toHaveLength(1);
  });

  it('performanceFindings: markers and charts', () => {
    const found = messages(performanceFindings('![](performance/a.svg)', [], () => false));
    expect(found).toContain('does not have: <!-- bench:score -->');
    expect(found).toContain('there is no chart performance/a.svg');
    expect(found).toContain('1 charts, at least 5 are expected');
  });
});
