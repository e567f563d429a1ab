/**
 * `npm test` runs the unit tests; `npm cit`, which is `npm ci` and then `npm test`, runs all tests: who installs first has
 * the time. npm names its command in npm_command. Arguments go to vitest.
 */
import { spawnSync } from 'node:child_process';

const isAll = process.env['npm_command'] === 'install-ci-test';
const projects = isAll ? [] : ['--project', 'unit'];
const args = ['node_modules/vitest/vitest.mjs', 'run', ...projects, ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
process.exitCode = status ?? 1;
