/** The suite is to run on the pinned Node, not on whatever the machine has: said before the first test. */
import { readFileSync } from 'node:fs';

const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { devDependencies: { node: string } };
if (process.versions.node !== devDependencies.node) {
  console.error(
    `This is Node ${process.versions.node}; package.json pins ${devDependencies.node}. Run "npm ci" (it brings the pinned Node), then "npm test".`,
  );
  process.exit(1);
}
