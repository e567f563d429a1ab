/**
 * Packs the command line alone into dist/beaconwatch-<version>.tgz, or into another folder. The package has the bundle and
 * no dependencies; it has no storage emulator, so `local` needs a checkout. Prints the path of the package.
 */
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buildCommandLine } from './bundle.ts';

const outdir = resolve(process.argv[2] ?? 'dist');
const folder = join(outdir, 'cli');
const { name, version, description, license, type, engines } = JSON.parse(await readFile('package.json', 'utf8'));

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
// Source maps would be most of the package. Hints name the command, since there is no npm script.
await buildCommandLine(folder, { sourcemap: false, define: { BEACONWATCH_COMMAND: '"npx beaconwatch"' } });
await cp('LICENSE', join(folder, 'LICENSE'));
// The bundle holds the published query.
await cp('LICENSES', join(folder, 'LICENSES'), { recursive: true });
const bin = { beaconwatch: 'beaconwatch.js' };
const about = { name, version, description, license, type, bin, engines };
await writeFile(join(folder, 'package.json'), `${JSON.stringify(about, null, 2)}\n`);
const packed = execFileSync('npm', ['pack', '--json', '--offline', '--pack-destination', outdir], {
  cwd: folder,
  stdio: ['ignore', 'pipe', 'ignore'],
});
const [{ filename }] = JSON.parse(packed.toString()) as [{ filename: string }];
await rm(folder, { recursive: true });
console.log(join(outdir, filename));
