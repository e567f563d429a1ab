/**
 * What the templates say to the real compiler, without a subscription: they compile and lint without a warning, the
 * deployments that test/integration/infra/snapshots predicts are the ones that they make, and docs/deploy.md shows them.
 *
 *     npm run infra              checks; exit 1 with the findings, exit 0 where the compiler cannot be fetched
 *     npm run infra -- --write   writes snapshots, settings.json and the picture again: read the diff
 *     npm run infra -- --require as the first, but exit 1 where the compiler cannot be fetched
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { BICEP_VERSION, fetchBicep, fetchPowerShell, REPO, run } from './bicep.ts';
import { pictureOf, withPicture } from './infra_picture.ts';
import { changesOf, type Predict, predictor } from './predictor.ts';
import { type Snapshot, settingsOf } from './snapshot.ts';

const FOLDER = join(REPO, 'test/integration/infra/snapshots');
const SETTINGS = join(FOLDER, 'settings.json');
const ORDER = join(FOLDER, 'order.json');
const PAGE = join(REPO, 'docs/deploy.md');
const CONFIG = join(REPO, 'infra/bicepconfig.json');
/** Where the predicted deployments take place. Names of resources follow from it. */
const PLACE = {
  subscriptionId: '00000000-0000-0000-0000-000000000001',
  tenantId: '00000000-0000-0000-0000-000000000002',
  location: 'westeurope',
};
/** Sets of parameters for a template of a resource group, and the group. */
const GROUPS: Readonly<Record<string, string>> = { 'sentinel-alone': 'rg-sentinel' };

interface Compiled {
  readonly resources: Readonly<Record<string, { readonly dependsOn?: readonly string[]; readonly existing?: boolean }>>;
}

const write = process.argv.includes('--write');
const fetched = await fetchBicep();
if ('reason' in fetched) {
  console.log(`skipped: no Bicep compiler, so the templates were not checked. ${fetched.reason}`);
  process.exit(process.argv.includes('--require') || write ? 1 : 0);
}
const { file: bicep } = fetched;
const noShell = await fetchPowerShell();
if (noShell !== undefined) {
  console.log(`skipped: no PowerShell, so the tests of the .ps1 scripts skip. ${noShell}`);
  if (process.argv.includes('--require')) process.exit(1);
}

const faults: string[] = [];
const sets = (await readdir(FOLDER)).filter((name) => name.endsWith('.bicepparam')).sort();
const open = [...sets];
const out = await mkdtemp(join(tmpdir(), 'beaconwatch-infra-'));
await Promise.all([
  compile('lint', ['lint', '--pattern', 'infra/**/*.bicep', '--config', CONFIG]),
  compile('build', ['build', '--pattern', 'infra/**/*.bicep', '--outdir', out, '--config', CONFIG]),
]);
await compile('build-params', [
  'build-params',
  '--pattern',
  'infra/*.bicepparam',
  '--outdir',
  join(out, 'params'),
  '--config',
  CONFIG,
]);
if (faults.length === 0) await Promise.all([snapshots(), snapshots()]);
if (faults.length === 0) await generated(JSON.parse(await readFile(join(out, 'main.json'), 'utf8')));
await rm(out, { recursive: true, force: true });

for (const fault of faults) console.error(fault);
console.log(
  faults.length > 0
    ? `${faults.length} findings. Bicep ${BICEP_VERSION}.`
    : `The templates compile without a warning, and ${sets.length} snapshots are ${write ? 'written' : 'right'}. Bicep ${BICEP_VERSION}.`,
);
process.exit(faults.length > 0 ? 1 : 0);

/** Runs the compiler. Errors and warnings are findings; what it says for information is counted. */
async function compile(name: string, args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await run(bicep, args);
  const lines = new Set(`${stdout}\n${stderr}`.split('\n').filter((line) => / : (Error|Warning) /.test(line)));
  for (const line of lines) faults.push(`${name}: ${line.replace(REPO, '')}`);
  if (code !== 0 && lines.size === 0) faults.push(`${name} ended with ${code}: ${stderr.trim()}`);
  console.log(`${name}: ${lines.size} warnings and errors, ${stderr.match(/ : Info /g)?.length ?? 0} notes`);
}

/** Compares a predicted deployment with the file of the set, or writes the file. */
async function snapshot(set: string, predict: Predict): Promise<void> {
  const name = basename(set, '.bicepparam');
  const path = join(FOLDER, `${name}.snapshot.json`);
  let predicted: Snapshot;
  try {
    predicted = await predict(join(FOLDER, set), GROUPS[name]);
  } catch (error) {
    faults.push(`snapshot ${set}: ${(error as Error).message}`);
    return;
  }
  for (const each of predicted.diagnostics) faults.push(`snapshot ${set}: ${JSON.stringify(each)}`);
  if (write) return writeFile(path, `${JSON.stringify(predicted, null, 2)}\n`);
  const changes = changesOf(await readFile(path, 'utf8').then(JSON.parse, () => ({})), predicted);
  if (changes.length === 0) return;
  faults.push(`snapshot ${relative(REPO, path)} differs from what the templates make now:`);
  faults.push(...changes.slice(0, 20).map((change) => `  ${change}`));
  if (changes.length > 20) faults.push(`  and ${changes.length - 20} more`);
  faults.push('  If the change is meant: npm run infra -- --write, and read the diff.');
}

/**
 * The files that follow from the snapshots and the compiled template: the app settings of each set, the order of the
 * deployment (which a snapshot leaves out), and the picture.
 */
async function generated(main: Compiled): Promise<void> {
  const order = Object.entries(main.resources)
    .filter(([, { existing }]) => existing !== true)
    .map(([name, { dependsOn = [] }]) => [name, dependsOn.toSorted()] as const);
  const settings: Record<string, unknown> = {};
  for (const set of sets) {
    const name = basename(set, '.bicepparam');
    const found = settingsOf(await read(name));
    if (found !== undefined) settings[name] = found;
  }
  const page = await readFile(PAGE, 'utf8');
  for (const [path, text] of [
    [SETTINGS, `${JSON.stringify(settings, null, 2)}\n`],
    [ORDER, `${JSON.stringify(Object.fromEntries(order), null, 2)}\n`],
    [PAGE, withPicture(page, pictureOf(await read('default')))],
  ] as const) {
    if (write) await writeFile(path, text);
    else if ((await readFile(path, 'utf8')) !== text) {
      faults.push(`${relative(REPO, path)} does not follow from the snapshots: npm run infra -- --write`);
    }
  }
}

async function read(name: string): Promise<Snapshot> {
  return JSON.parse(await readFile(join(FOLDER, `${name}.snapshot.json`), 'utf8')) as Snapshot;
}

/** Takes one set after the other, with a compiler of its own. */
async function snapshots(): Promise<void> {
  const { predict, end } = predictor(bicep, PLACE);
  for (let set = open.shift(); set !== undefined; set = open.shift()) await snapshot(set, predict);
  end();
}
