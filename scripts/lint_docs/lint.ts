import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { factFindings } from './facts.ts';
import { type LintFinding, sorted } from './finding.ts';
import { helpTexts } from './help.ts';
import { linkFindings, nameFindings } from './links.ts';
import { shellTextsOf, textsOf, titlesOf } from './literals.ts';
import { type Page, readPage } from './page.ts';
import { sentenceFindings } from './sentences.ts';
import { headingFindings, wordFindings } from './words.ts';

const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', 'docs/**/*.md', '.github/**/*.md'];
const TEXT_FILES = ['.github/**/*.yml'];
const CODE = ['src/**/*.ts', 'bin/**/*.ts', 'functions/**/*.ts', 'tools/**/*.ts', 'infra/scripts/*.sh'];
/** Not the test of this linter: its titles quote words that are found. */
const TESTS = [
  'test/{integration,e2e}/**/*.test.ts',
  'test/unit/!(scripts)/**/*.test.ts',
  'test/unit/*.test.ts',
  'test/contract/*.ts',
];

/** All pages of the repository, as paths from its root. */
export function pagesOf(root: string): string[] {
  return globSync(PAGES, { cwd: root });
}

/** Findings of one page: words, sentences, links, names of files and scripts. */
export function lintPage(markdown: string, file: string, root: string): LintFinding[] {
  const page = readPage(markdown);
  return sorted([
    ...pageWordFindings(page, file),
    ...sentenceFindings(page, file),
    ...linkFindings(page, file, root),
    ...nameFindings(page, file, root),
  ]);
}

/** Words of a page, its headings and heads of tables among them. */
export function pageWordFindings({ words, headings }: Page, file: string): LintFinding[] {
  return [
    ...words.flatMap(({ text, line }) => wordFindings(text, file, line)),
    ...headings.flatMap(({ text, line }) => headingFindings(text, file, line)),
  ];
}

/** Words in the texts and comments of a source file. `hidden` may be a name there. */
export function lintCode(code: string, file: string): LintFinding[] {
  const { literals, comments } = file.endsWith('.sh') ? shellTextsOf(code) : textsOf(code, file);
  return sorted([
    ...literals.flatMap(({ text, line }) => [
      ...wordFindings(text, file, line),
      ...(text === 'hidden' ? [] : headingFindings(text, file, line)),
    ]),
    ...comments.flatMap(({ text, line }) => wordFindings(text, file, line)),
  ]);
}

/** Words in the titles of tests. Their other texts are data. */
export function lintTitles(code: string, file: string): LintFinding[] {
  return sorted(titlesOf(code, file).flatMap(({ text, line }) => wordFindings(text, file, line)));
}

/** Everything that people read, in one list. */
export function lintRepository(root: string, { withHelp = true } = {}): LintFinding[] {
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  const help = withHelp ? [...helpTexts(root)] : [];
  return [
    ...sorted([
      ...pagesOf(root).flatMap((file) => lintPage(read(file), file, root)),
      ...globSync(TEXT_FILES, { cwd: root }).flatMap((file) => wordFindings(read(file), file)),
      ...factFindings(root),
    ]),
    ...help.flatMap(([command, text]) =>
      wordFindings(text, `beaconwatch ${command === '' ? '' : `${command} `}--help`),
    ),
    ...sorted(globSync(CODE, { cwd: root }).flatMap((file) => lintCode(read(file), file))),
    ...sorted(globSync(TESTS, { cwd: root }).flatMap((file) => lintTitles(read(file), file))),
  ];
}
