/**
 * Prints the section of the changelog for a version. `node scripts/release-notes.ts v1.2.3` fails if the tag, package.json
 * and the changelog disagree.
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** The section of a tag; throws where the tag, the package's version and the changelog do not agree. */
export function releaseNotes(tag: string, packageVersion: string, changelog: string): string {
  const version = tag.replace(/^v/, '');
  if (version !== packageVersion) throw new Error(`the tag is ${tag}, and package.json says ${packageVersion}`);
  const section = changelog.split(/^(?=## )/m).find((text) => text.startsWith(`## [${version}] - `));
  if (section === undefined) throw new Error(`CHANGELOG.md has no section "## [${version}] - <date>"`);
  const [heading = '', ...rest] = section.split('\n');
  if (!/ - \d{4}-\d\d-\d\d$/.test(heading)) throw new Error(`CHANGELOG.md gives ${version} no date: "${heading}"`);
  return `${rest.join('\n').trim()}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  try {
    process.stdout.write(releaseNotes(process.argv[2] ?? '', version, readFileSync('CHANGELOG.md', 'utf8')));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
