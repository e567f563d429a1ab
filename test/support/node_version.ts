import { readFileSync } from 'node:fs';

/**
 * Prints the version of Node that the tests run on, and stops them on another than the expected one: the pinned one, or
 * EXPECTED_NODE, a version or its first numbers (`22`).
 */
export default function setup(): void {
  const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { devDependencies: { node: string } };
  const expected = process.env['EXPECTED_NODE'] ?? devDependencies.node;
  console.log(`Node ${process.versions.node}`);
  if (!`${process.versions.node}.`.startsWith(`${expected}.`)) {
    throw new Error(`The tests expect Node ${expected}. Run "npm ci", which installs it, then "npm test".`);
  }
}
