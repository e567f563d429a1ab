/**
 * Makes what is deployed into dist/package/, or into the folder that is named: the bundle of the functions, host.json and
 * a package.json without dependencies. Prints its files and their sizes. The .funcignore beside them is azd's and stays
 * behind: azd runs `npm install` here, whose lock file of nothing need not go; and it is where azd looks whether
 * node_modules are left to Azure to install, which they are not.
 */
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildFunctions } from './bundle.ts';

const folder = process.argv[2] ?? 'dist/package';
const { name, version, license, type, engines } = JSON.parse(await readFile('package.json', 'utf8'));

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
// Without maps, which would be most of the package: a stack names functions, and short lines of the bundle. `npm run build` makes the same
// lines with their maps.
await buildFunctions(folder, { sourcemap: false });
for (const file of ['host.json', 'LICENSE']) await cp(file, join(folder, file));
const main = 'functions.js';
await writeFile(
  join(folder, 'package.json'),
  `${JSON.stringify({ name, version, license, private: true, type, main, engines }, null, 2)}\n`,
);
await writeFile(join(folder, '.funcignore'), 'package-lock.json\n');
for (const file of (await readdir(folder)).filter((name) => !name.startsWith('.')).sort()) {
  console.log(`${(await stat(join(folder, file))).size.toLocaleString('en-US').padStart(12)}  ${file}`);
}
