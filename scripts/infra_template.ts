/**
 * Compiles infra/main.bicep into one JSON template, for operators who deploy with az alone: a release has it.
 *
 *     node scripts/infra_template.ts FILE
 */
import { fetchBicep, run } from './bicep.ts';

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error('usage: node scripts/infra_template.ts FILE');
  process.exit(2);
}
const fetched = await fetchBicep();
if ('reason' in fetched) {
  console.error(`no Bicep compiler: ${fetched.reason}`);
  process.exit(1);
}
const { code, stderr } = await run(fetched.file, ['build', 'infra/main.bicep', '--outfile', file]);
if (code !== 0) {
  console.error(stderr);
  process.exit(1);
}
