import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { LintFinding } from './finding.ts';
import { type Page, readPage } from './page.ts';

/** Whether relative links lead to a file in the repository, and anchors to a heading there. */
export function linkFindings(page: Page, file: string, root: string): LintFinding[] {
  const findings: LintFinding[] = [];
  for (const { text: url, line } of page.links) {
    if (/^[a-z][a-z0-9+.-]*:/i.test(url)) continue;
    const [path = '', anchor = ''] = url.split('#').map(decodeURIComponent);
    const target = path === '' ? file : normalize(join(dirname(file), path));
    if (path.startsWith('/') || target.startsWith('..') || !existsSync(join(root, target))) {
      findings.push({ file, line, message: `the link ${url} leads to no file of the repository` });
    } else if (anchor !== '' && target.endsWith('.md') && !anchorsOf(target, file, page, root).has(anchor)) {
      findings.push({ file, line, message: `the link ${url} leads to no heading of ${target}` });
    }
  }
  return findings;
}

function anchorsOf(target: string, file: string, page: Page, root: string): ReadonlySet<string> {
  return target === file ? page.anchors : readPage(readFileSync(join(root, target), 'utf8')).anchors;
}

/** Whether the files and npm scripts that a page names in its text are there. */
export function nameFindings(page: Page, file: string, root: string): LintFinding[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Readonly<Record<string, string>>;
  };
  const findings: LintFinding[] = [];
  for (const { text, line } of page.words) {
    for (const [, script = ''] of text.matchAll(/npm run (?:-s )?([\w-]+(?::[\w-]+)*)/g)) {
      if (!(script in scripts)) findings.push({ file, line, message: `package.json has no script ${script}` });
    }
    for (const [path] of text.matchAll(
      /(?<![\w/.-])(?:bin|bench|functions|infra|scripts|src|test|tools)\/[\w./-]+\.\w+/g,
    )) {
      if (!existsSync(join(root, path))) findings.push({ file, line, message: `there is no file ${path}` });
    }
  }
  return findings;
}
