import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPO } from '../../support/bundle/child.ts';
import { files, MAIN, TEMPLATES } from './template.ts';

const read = (path: string) => readFileSync(join(REPO, path), 'utf8');
const roles = JSON.parse(read('infra/roles.json')) as Record<string, { name: string }>;
const PARAMETERS = read('infra/main.bicepparam');

describe('docs/security.md', () => {
  it('names every role that the templates assign, and no other', () => {
    const page = read('docs/security.md');
    const table = page.slice(page.indexOf('## Who may what'), page.indexOf('There are no keys'));
    const named = new Set(
      table.match(
        /(Storage (?:Blob|Queue|Table) Data|Monitoring|Key Vault)[A-Z a-z]*?(Owner|Reader|Contributor|Publisher|User|Officer)/g,
      ),
    );
    expect([...named].toSorted()).toEqual(
      Object.values(roles)
        .map(({ name }) => name)
        .toSorted(),
    );
  });

  it('gives the times that the templates and settings have', () => {
    const page = read('docs/security.md');
    const byDefault = (name: string) => new RegExp(`^param ${name} int = (\\d+)$`, 'm').exec(MAIN.text)?.[1];
    expect(page).toContain(`\`BEACONWATCH_EXPORTS_KEEP_DAYS\` (${byDefault('exportsKeepDays')})`);
    expect(page).toContain(`\`HISTORY_DAYS\` (${byDefault('historyDays')})`);
    expect(page).toContain(`\`BEACONWATCH_LOG_RETENTION_DAYS\` (${byDefault('logRetentionDays')})`);
    const vault = TEMPLATES.find(({ path }) => path.endsWith('/vault.bicep'))?.text ?? '';
    expect(page).toContain(`until deleted, and ${/softDeleteRetentionInDays: (\d+)/.exec(vault)?.[1]} days more`);
  });
});

describe('docs/operations.md', () => {
  const page = read('docs/operations.md');
  const variables = [...PARAMETERS.matchAll(/readEnvironmentVariable\('(\w+)', '([^']*)'\)/g)];

  it('names every variable of main.bicepparam, and no other', () => {
    const known = variables.map(([, name = '']) => name).filter((name) => name.startsWith('BEACONWATCH_'));
    const named = [...new Set(page.match(/BEACONWATCH_[A-Z_]+/g))];
    expect(named.toSorted()).toEqual(known.toSorted());
  });

  it('names outputs and secrets as main.bicep puts them out', () => {
    const outputs = MAIN.outputs.map(({ name }) => name);
    for (const [, name = ''] of page.matchAll(/\$\{?([A-Z][A-Z_]+)/g)) expect(outputs).toContain(name);
  });
});

describe('main.bicepparam', () => {
  it('has the defaults of main.bicep', () => {
    for (const [, param = '', value = ''] of PARAMETERS.matchAll(
      /^param (\w+) = (?:\w+\()?readEnvironmentVariable\('\w+', '([^']*)'\)/gm,
    )) {
      const given = new RegExp(`^param ${param} \\w+ = (.*)$`, 'm').exec(MAIN.text)?.[1];
      if (given === undefined) continue;
      expect({ param, value }).toEqual({ param, value: given.replace(/^'(.*)'$/, '$1') });
    }
  });
});

describe('every page', () => {
  it.each([...files('docs', '.md'), 'README.md', 'CONTRIBUTING.md'].map((path) => [path]))(
    '%s links to what is there',
    (path) => {
      for (const [, target = ''] of read(path).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) {
        const file = normalize(join(dirname(path), target));
        expect({ file, exists: existsSync(join(REPO, file)) }).toEqual({ file, exists: true });
      }
    },
  );

  it.each(files('docs', '.md').map((path) => [path]))('%s names files and scripts that are there', (path) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const [, script = ''] of read(path).matchAll(/npm run (?:-s )?([\w:-]+)/g))
      expect(scripts).toHaveProperty(script);
    for (const [file] of read(path).matchAll(/\b(?:infra|scripts|bench|test|src|functions)\/[\w./-]+\.\w+/g)) {
      expect({ file, exists: existsSync(join(REPO, file)) }).toEqual({ file, exists: true });
    }
  });
});
