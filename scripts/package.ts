/**
 * Makes what is deployed into dist/package/, or into the folder that is named: the bundle of the functions, host.json and
 * a package.json without dependencies; into dist/package-maps/ the source maps. Prints its files and their sizes. The .funcignore beside them is azd's and stays
 * behind: azd runs `npm install` here, whose lock file of nothing need not go; and it is where azd looks whether
 * node_modules are left to Azure to install, which they are not.
 */
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildFunctions } from './bundle.ts';

const folder = process.argv[2] ?? 'dist/package';
const { name, version, license, type, engines } = JSON.parse(await readFile('package.json', 'utf8'));

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
// Maps would be most of the package. They stay beside it for `npm run stack`: another build has other names of files.
const maps = `${folder}-maps`;
await rm(maps, { recursive: true, force: true });
await mkdir(maps);
await buildFunctions(folder, { sourcemap: 'external' });
for (const file of await readdir(folder)) if (file.endsWith('.map')) await rename(join(folder, file), join(maps, file));
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
