/**
 * Lints what people read: pages, help, texts in the code. Prints `file:line: finding`; exits 1 where there is one.
 * Words are those of scripts/lint_docs/words.ts.
 *
 *     node scripts/lint-docs.ts [--comments] [PATH…]
 *
 * `--comments` checks comments in the code as well; paths limit the report to files that begin so.
 */
import { parseArgs } from 'node:util';
import { lineNumberOf } from './lint_docs/finding.ts';
import { lintRepository } from './lint_docs/lint.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { comments: { type: 'boolean', default: false } },
});
const all = lintRepository(process.cwd(), { withComments: values.comments });
const findings = all.filter(
  ({ file }) => positionals.length === 0 || positionals.some((path) => file.startsWith(path)),
);
for (const finding of findings) console.log(lineNumberOf(finding));
console.log(findings.length === 0 ? 'No findings.' : `${findings.length} findings.`);
process.exitCode = findings.length === 0 ? 0 : 1;
