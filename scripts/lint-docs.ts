/**
 * Lints what people read: pages, help, texts and comments in the code, titles of tests. Prints `file:line: finding`; exits 1
 * where there is one. Words are those of scripts/lint_docs/words.ts.
 *
 *     node scripts/lint-docs.ts [PATH…]
 *
 * Paths limit the report to files that begin so.
 */
import { parseArgs } from 'node:util';
import { lineNumberOf } from './lint_docs/finding.ts';
import { lintRepository } from './lint_docs/lint.ts';

const { positionals } = parseArgs({ allowPositionals: true });
const all = lintRepository(process.cwd());
const findings = all.filter(
  ({ file }) => positionals.length === 0 || positionals.some((path) => file.startsWith(path)),
);
for (const finding of findings) console.log(lineNumberOf(finding));
console.log(findings.length === 0 ? 'No findings.' : `${findings.length} findings.`);
process.exitCode = findings.length === 0 ? 0 : 1;
