import { readFileSync } from 'node:fs';

/** Says on which Node the suite runs, and stops it on another than the one that was meant: the pinned one by default. */
export default function setup(): void {
  const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { devDependencies: { node: string } };
  const expected = process.env['EXPECTED_NODE'] ?? devDependencies.node;
  console.log(`Node ${process.versions.node}`);
  if (process.versions.node !== expected) {
    throw new Error(`the suite was to run on Node ${expected}; "npm test" does that, with what "npm ci" installs`);
  }
}
